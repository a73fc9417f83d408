// One card per item: the three answers, the reading, and what 不合格 opens.

import { element, icon } from "./dom.js";
import { Result } from "./model.js";

const READING_PAUSE = 600;
const NUMBER = /^-?\d{1,7}([.,]\d{1,3})?$/;

export class Card {
  // `on.answer(card, how)` after each change of content, `on.photos(card, files)`, `on.remove(card, photo)`.
  constructor(article, on) {
    this.article = article;
    this.on = on;
    const { item, number, evidence, risk, unit, low, high } = article.dataset;
    Object.assign(this, { id: Number(item), number, evidence, risk, unit });
    this.low = low ? Number(low) : null;
    this.high = high ? Number(high) : null;
    this.what = article.querySelector(".item-what > span").textContent;
    this.radios = [...article.querySelectorAll(".answers input")];
    this.readingBox = article.querySelector("[data-reading]");
    this.mark = article.querySelector("[data-item-state]");
    this.opener = article.querySelector("[data-more-open]");
    this.urls = new Map();
    this.more = null;
    this.listen();
  }

  listen() {
    let pointed = false;
    // Arrow keys choose as well; only a tap or 1 2 3 says that one is done with the item.
    this.article.querySelector(".answers").addEventListener("click", (event) => (pointed = event.detail > 0), true);
    for (const radio of this.radios) {
      radio.addEventListener("change", () => this.chosen(pointed ? "tap" : "arrow"));
    }
    this.readingBox?.addEventListener("input", () => {
      // On the way to 0.15 stands 0, which nobody meant.
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.readingTyped(), READING_PAUSE);
    });
    this.readingBox?.addEventListener("change", () => this.settleReading());
    this.opener.addEventListener("click", () => {
      this.open();
      this.note.focus();
    });
  }

  get result() {
    return this.radios.find((radio) => radio.checked)?.value || "";
  }

  set result(value) {
    for (const radio of this.radios) radio.checked = radio.value === value;
  }

  get note() {
    return this.more?.querySelector("[data-note]");
  }

  // A number, null while it is none.
  get reading() {
    const text = this.readingBox?.value.trim() || "";
    return NUMBER.test(text) ? text.replace(",", ".") : null;
  }

  get content() {
    const reading = this.evidence === "reading" && this.result !== Result.NOT_APPLICABLE ? this.reading : null;
    return { result: this.result, note: this.note ? this.note.value : this.keptNote || "", reading };
  }

  choose(value, how) {
    if (this.radios[0].disabled) return;
    this.result = value;
    this.chosen(how);
  }

  chosen(how) {
    this.failedByReading = false;
    if (this.isOutOfRange() && this.result === Result.PASS) this.result = Result.FAIL;
    if (this.result === Result.FAIL) this.open();
    this.judgeReading();
    this.on.answer(this, how);
  }

  // Also called when the page goes away.
  settleReading() {
    if (!this.typing) return;
    clearTimeout(this.typing);
    this.readingTyped();
  }

  // Out of range is 不合格 by itself; back in range takes back only what the reading had said, not what the user did.
  readingTyped() {
    this.typing = 0;
    const isOut = this.isOutOfRange();
    if (isOut) {
      this.failedByReading ||= this.result !== Result.FAIL;
      this.result = Result.FAIL;
    } else if (this.reading !== null && (!this.result || this.failedByReading)) {
      this.failedByReading = false;
      this.result = Result.PASS;
    }
    this.judgeReading();
    if (this.result === Result.FAIL) this.open();
    this.on.answer(this, "typing");
  }

  isOutOfRange() {
    if (this.evidence !== "reading" || this.reading === null) return false;
    const value = Number(this.reading);
    return (this.low !== null && value < this.low) || (this.high !== null && value > this.high);
  }

  // Say what the number means (INS-9).
  judgeReading() {
    if (this.evidence !== "reading") return;
    const verdict = this.article.querySelector("[data-reading-verdict]");
    const typed = this.readingBox.value.trim();
    const faulty = typed !== "" && this.reading === null;
    this.readingBox.setAttribute("aria-invalid", String(faulty));
    const out = this.isOutOfRange();
    verdict.textContent = faulty ? "请填写数字，最多三位小数" : out ? "超出范围，判为不合格" : this.reading === null ? "" : "在范围内";
    verdict.classList.toggle("is-out", out || faulty);
  }

  // Note and photos are made when they are first needed: most items pass.
  open() {
    if (this.more) return;
    this.more = document.getElementById("fill-more").content.firstElementChild.cloneNode(true);
    const note = this.more.querySelector("[data-note]");
    note.id = `note-${this.id}`;
    note.value = this.keptNote || "";
    note.disabled = this.radios[0].disabled;
    this.more.querySelector("label").htmlFor = note.id;
    this.more.querySelector("[data-shots]").setAttribute("aria-label", `${this.number} 照片`);
    note.addEventListener("input", () => this.on.answer(this, "typing"));
    note.addEventListener("change", () => this.on.answer(this, "left"));
    for (const input of this.more.querySelectorAll("input[type=file]")) {
      input.disabled = note.disabled;
      input.setAttribute("aria-label", `${this.number} ${"camera" in input.dataset ? "拍照" : "从相册选照片"}`);
      input.addEventListener("change", () => {
        const files = [...input.files];
        input.value = "";
        if (files.length) this.on.photos(this, files);
      });
    }
    this.article.querySelector("[data-more-place]").append(this.more);
    this.opener.hidden = true;
    this.hints();
    this.showShots(this.shots || []);
  }

  hints() {
    if (!this.more) return;
    this.more.querySelector("[data-note-optional]").textContent = this.result === Result.FAIL ? "必填" : "选填";
    const asked = this.result === Result.FAIL && this.evidence === "photo";
    this.more.querySelector("[data-photo-optional]").textContent = asked ? "必拍" : "选填";
  }

  // Draw what stands. What is being typed is left alone.
  show({ answer, shots, state, lacks, isReadOnly }) {
    for (const radio of this.radios) radio.disabled = isReadOnly;
    if (answer && this.result !== answer.result) this.result = answer.result;
    this.keptNote = answer?.note || "";
    this.shots = shots;
    const typing = document.activeElement;
    if (this.readingBox) {
      this.readingBox.disabled = isReadOnly;
      const isFaulty = this.readingBox.value.trim() !== "" && this.reading === null;
      if (answer && typing !== this.readingBox && !isFaulty && Number(this.reading) !== Number(answer.reading)) {
        this.readingBox.value = answer.reading ?? "";
      }
      if (!this.typing) this.judgeReading();
    }
    if (answer && (answer.result === Result.FAIL || answer.note)) this.open();
    if (shots.length) this.open();
    if (this.note && answer && typing !== this.note && this.note.value !== answer.note) this.note.value = answer.note;
    if (this.more) for (const field of this.more.querySelectorAll("textarea, input")) field.disabled = isReadOnly;
    this.opener.hidden = Boolean(this.more) || isReadOnly;
    this.hints();
    this.showShots(shots);
    this.showMark(state, answer && lacks);
  }

  showMark({ kind, words }, lacks) {
    this.article.classList.toggle("is-answered", Boolean(this.result));
    this.article.classList.toggle("is-lacking", Boolean(lacks));
    const text = words || lacks || "";
    const key = `${kind}:${text}`;
    if (this.mark.dataset.shown === key) return;
    this.mark.dataset.shown = key;
    this.mark.className = `item-state item-state-${kind || (lacks ? "lacking" : "none")}`;
    if (kind === "conflict") {
      const button = element("button", { type: "button", className: "btn btn-plain" }, icon("conflict"), text);
      button.dataset.openConflict = this.id;
      this.mark.replaceChildren(button);
    } else {
      this.mark.replaceChildren(...(text ? [icon(kind || "failed"), text] : []));
    }
  }

  showShots(shots) {
    if (!this.more) return;
    const area = this.more.querySelector("[data-shots]");
    const shown = new Map([...area.querySelectorAll("[data-key]")].map((figure) => [figure.dataset.key, figure]));
    const keys = new Set(shots.map((shot) => shot.key));
    for (const [key, figure] of shown) if (!keys.has(key)) this.dropFigure(key, figure, area);
    shots.forEach((shot, index) => this.drawFigure(shown.get(shot.key) || this.newFigure(shot.key, area), shot, index + 1));
  }

  dropFigure(key, figure, area) {
    if (this.urls.has(key)) URL.revokeObjectURL(this.urls.get(key));
    this.urls.delete(key);
    const hadFocus = figure.contains(document.activeElement);
    figure.remove();
    if (hadFocus) area.querySelector("[data-camera]").focus();
  }

  newFigure(key, area) {
    const figure = document.getElementById("fill-shot").content.firstElementChild.cloneNode(true);
    figure.dataset.key = key;
    area.querySelector(".photo-add").before(figure);
    return figure;
  }

  drawFigure(figure, shot, place) {
    const state = shot.file ? shot.state : "sent";
    const isFixed = this.radios[0].disabled && !shot.file;
    const drawn = `${place} ${state}${isFixed ? " fixed" : ""}`;
    if (figure.dataset.drawn === drawn) return;
    figure.dataset.drawn = drawn;
    const image = figure.querySelector("img");
    const link = figure.querySelector("a");
    image.alt = `${this.number} 照片 ${place}`;
    // The picture that was just taken stays on the screen; the server's is for those that were there before.
    if (shot.file) {
      if (!this.urls.has(shot.key)) this.urls.set(shot.key, URL.createObjectURL(shot.file));
      image.src = link.href = this.urls.get(shot.key);
    } else if (!this.urls.has(shot.key)) {
      image.src = shot.thumb;
      link.href = shot.shown;
    } else {
      link.href = shot.shown;
    }
    const words = { waiting: "待上传", refused: "未上传", sent: "" }[state];
    figure.querySelector("figcaption").textContent = words;
    figure.querySelector(".icon-button")?.remove();
    if (!isFixed) figure.append(this.removeButton(shot, image.alt));
    figure.title = shot.sentence || "";
  }

  // What is on the server is gone for good: it takes a second press.
  removeButton(shot, name) {
    const button = element("button", { type: "button", className: "icon-button" }, icon("remove"));
    const ask = (isAsking) => {
      button.classList.toggle("is-asking", isAsking);
      button.setAttribute("aria-label", isAsking ? `再按一次，移除 ${name}` : `移除 ${name}`);
      button.replaceChildren(icon("remove"), ...(isAsking ? ["再按一次"] : []));
    };
    ask(false);
    button.addEventListener("blur", () => ask(false));
    button.addEventListener("click", () => {
      if (shot.file || button.classList.contains("is-asking")) {
        this.on.remove(this, shot);
        return;
      }
      ask(true);
      // Not every browser does so at a tap, and without it the question would never end.
      button.focus();
    });
    return button;
  }

  // Bring it under the bar and let the keyboard go on from here: at what is still to be filled in.
  go(part = "answers") {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.article.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
    const answers = this.radios.find((radio) => radio.checked) || this.radios[0];
    const wantsReading = this.readingBox && !this.readingBox.value && this.result !== Result.NOT_APPLICABLE;
    const target = wantsReading ? this.readingBox : part === "note" && this.note ? this.note : answers;
    (target.disabled ? this.article : target).focus({ preventScroll: true });
  }
}
