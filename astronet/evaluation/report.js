"use strict";
// Moves the classification threshold of the report: the confusion matrices, and the marks in the
// figures. An event is classified as a planet if its score is above the threshold.
(() => {
  const { threshold: initial, scores } = figures.data("report");
  const slider = document.getElementById("threshold-slider");
  const number = document.getElementById("threshold-number");
  const percent = (part, whole) => (whole ? `${(100 * part / whole).toFixed(1)} %` : "–");
  const rate = (part, whole) => (whole ? (part / whole).toFixed(3) : "–");
  const count = (value) => value.toLocaleString("en-US");

  // Number of sorted values that are greater than a limit.
  function above(values, limit) {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] > limit) high = middle; else low = middle + 1;
    }
    return values.length - low;
  }

  function confusion({ planets, others }, threshold) {
    const tp = above(planets, threshold), fp = above(others, threshold);
    return { tp, fp, fn: planets.length - tp, tn: others.length - fp };
  }

  function show(threshold) {
    for (const one of document.querySelectorAll("[data-threshold]")) {
      one.textContent = String(threshold);
    }
    scores.forEach((model, place) => {
      const counts = confusion(model, threshold);
      const { tp, fp, fn, tn } = counts;
      const texts = {
        ...Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, count(n)])),
        precision: rate(tp, tp + fp),
        recall: rate(tp, tp + fn),
        accuracy: rate(tp + tn, tp + fp + fn + tn),
      };
      for (const one of document.querySelectorAll(`[data-model="${place}"] [data-value]`)) {
        one.textContent = texts[one.dataset.value];
      }
      const wholes = { tp: tp + fn, fn: tp + fn, fp: fp + tn, tn: fp + tn };
      for (const one of document.querySelectorAll(`[data-model="${place}"] [data-fraction]`)) {
        const name = one.dataset.fraction;
        one.textContent = percent(counts[name], wholes[name]);
        one.parentElement.style.setProperty("--part", counts[name] / (wholes[name] || 1));
      }
      const mark = figures.model(`mark-${place}`);
      if (mark) {
        mark.data = {
          recall: [tp / (tp + fn)],
          false_positive_rate: [fp / (fp + tn)],
          precision: [tp / (tp + fp)],
        };
      }
    });
    const line = figures.model("threshold");
    if (line) line.location = threshold;
  }

  function choose(text) {
    const value = Number(text);
    if (text === "" || !(value >= 0 && value <= 1)) return;
    slider.value = value;
    show(value);
  }

  slider.addEventListener("input", () => {
    number.value = Number(Number(slider.value).toFixed(3));
    choose(number.value);
  });
  number.addEventListener("input", () => choose(number.value));
  document.getElementById("threshold-reset").addEventListener("click", () => {
    number.value = initial;
    choose(String(initial));
  });
  figures.ready.then(() => {
    document.getElementById("threshold-controls").hidden = false;
  });
})();
