// The film and the page move together: the playhead follows, shots are played from their place, keys go from cut to cut.
// Without this the page reads all the same.
(function () {
  "use strict";
  const film = document.getElementById("film"), lanes = document.getElementById("lanes");
  const head = document.getElementById("playhead");
  if (!film || !lanes) return;
  const total = Number(lanes.dataset.seconds), frame = 1 / Number(lanes.dataset.fps);
  const cuts = [...lanes.querySelectorAll(".cuts a[data-at]")];
  const starts = cuts.map(a => Number(a.dataset.at));

  function current(t) {
    let i = 0;
    while (i + 1 < starts.length && starts[i + 1] <= t + frame / 2) i++;
    return i;
  }
  function follow() {
    head.style.left = (100 * Math.min(film.currentTime / total, 1)) + "%";
    const now = current(film.currentTime);
    cuts.forEach((a, i) => a.classList.toggle("now", i === now));
  }
  function seek(t) {
    film.currentTime = Math.max(0, Math.min(t, (film.duration || total) - frame / 2));
    follow();
  }
  const play = () => { film.play().catch(() => {}); }; // refused, or stopped again before it began
  function tick() {
    follow();
    if (!film.paused) requestAnimationFrame(tick);
  }
  head.hidden = false;
  film.addEventListener("play", tick);
  film.addEventListener("seeked", follow);
  film.addEventListener("loadedmetadata", follow);

  // A press anywhere on the lanes goes there; dragging on them scrubs.
  const place = e => {
    const box = lanes.getBoundingClientRect();
    seek(total * (e.clientX - box.left) / box.width);
  };
  let held = false;
  lanes.addEventListener("pointerdown", e => {
    if (e.button !== 0 || e.target.closest("a")) return;
    held = true;
    place(e);
  });
  addEventListener("pointermove", e => { if (held) place(e); });
  addEventListener("pointerup", () => { held = false; });

  for (const button of document.querySelectorAll("button.play")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      seek(Number(button.closest(".shot").dataset.at) + frame / 4);
      play();
      film.scrollIntoView({ block: "center" });
    });
  }

  addEventListener("keydown", e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("video, button, a, summary, .scroll")) {
      if (e.key !== "," && e.key !== ".") return;
    }
    const t = film.currentTime, now = current(t);
    if (e.key === " ") film.paused ? play() : film.pause();
    else if (e.key === "ArrowRight") seek((starts[now + 1] ?? starts[now]) + frame / 4);
    else if (e.key === "ArrowLeft") seek((t - starts[now] > 0.5 ? starts[now] : starts[Math.max(0, now - 1)]) + frame / 4);
    else if (e.key === ",") seek(t - frame);
    else if (e.key === ".") seek(t + frame);
    else return;
    e.preventDefault();
  });
})();
