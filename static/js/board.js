// 大屏显示: the board alone on the whole screen, where the browser can.
const button = document.querySelector("[data-fullscreen]");
const screen = button && document.getElementById(button.dataset.fullscreen);

if (screen?.requestFullscreen) {
  button.hidden = false;
  button.addEventListener("click", () => screen.requestFullscreen());
}
