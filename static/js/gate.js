// 岗亭放行: the pass's QR by camera, where the browser reads codes itself; typing always works.

const form = document.querySelector("[data-gate]");
const EVERY = 250;

function gate() {
  const code = form.elements.code;
  const scan = form.querySelector("[data-gate-scan]");
  const camera = form.querySelector("[data-gate-camera]");
  const video = camera.querySelector("video");
  const said = form.querySelector("[data-gate-said]");
  let stream = null;
  let timer = 0;

  function stop() {
    clearInterval(timer);
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    camera.hidden = true;
    scan.hidden = false;
  }

  async function start() {
    said.textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      said.textContent = "打不开相机：请允许使用相机，或直接输入放行码。";
      return;
    }
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    video.srcObject = stream;
    camera.hidden = false;
    scan.hidden = true;
    await video.play();
    let looking = false;
    timer = setInterval(async () => {
      if (looking || !stream) return;
      looking = true;
      try {
        const [found] = await detector.detect(video);
        if (found && stream) {
          stop();
          code.value = found.rawValue;
          said.textContent = "已扫到二维码，正在核验。";
          form.requestSubmit();
        }
      } catch {
        // A frame that is not ready yet: the next one.
      } finally {
        looking = false;
      }
    }, EVERY);
  }

  if ("BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) {
    scan.hidden = false;
    scan.addEventListener("click", start);
    form.querySelector("[data-gate-stop]").addEventListener("click", stop);
    addEventListener("pagehide", stop);
  } else {
    // The QR holds the address of this page: the phone's own camera opens it.
    said.textContent = "也可以用手机自带的相机扫出门条上的二维码。";
  }
  if (matchMedia("(pointer: fine)").matches) code.focus();
}

if (form) gate();
