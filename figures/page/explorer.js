"use strict";
// The controls of the explorer, its chart and its table. The settings live in the controls and in the page's address.

{
  const NAMES = ["T", "d", "sigma", "n", "k", "w", "s"];
  const PREFIX = "#explorer?";
  const form = document.getElementById("explorer-controls");
  const chart = document.getElementById("explorer-chart");
  const message = document.getElementById("explorer-message");
  const body = document.querySelector("#explorer-values tbody");
  const number = (name) => document.getElementById(`explorer-${name}`);
  const slider = (name) => document.getElementById(`explorer-${name}-slider`);
  const families = () => [...form.querySelectorAll("input[name=family]")];

  /** The values a slider stops at: round ones on a scale of decades, or every step. */
  function stops(name) {
    const { min, max, step, dataset } = number(name);
    const [least, most] = [Number(min), Number(max)];
    if (!("decades" in dataset)) {
      const unit = Number(step);
      return Array.from({ length: Math.round((most - least) / unit) + 1 }, (_, i) => Number((least + i * unit).toFixed(2)));
    }
    const round = [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.2, 3.5, 4, 4.5, 5, 6, 7, 8, 9];
    const found = [];
    for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power += 1) {
      for (const digit of round) {
        const value = Number((digit * 10 ** power).toPrecision(3));
        if (least <= value && value <= most && (step === "any" || Number.isInteger(value))) found.push(value);
      }
    }
    return found;
  }

  const STOPS = Object.fromEntries(NAMES.map((name) => [name, stops(name)]));

  /** Put the slider of a number where that number is, or next to it. */
  function follow(name) {
    const value = Number(number(name).value);
    const distances = STOPS[name].map((stop) => Math.abs(stop - value));
    slider(name).value = distances.indexOf(Math.min(...distances));
    slider(name).setAttribute("aria-valuetext", number(name).value);
  }

  function settings() {
    const read = (name) => (number(name).value === "" ? NaN : Number(number(name).value));
    return Object.fromEntries(NAMES.map((name) => [name, read(name)]));
  }

  function choice() {
    const design = form.elements.design.value;
    return {
      designs: design === "both" ? ["fixed", "fresh"] : [design],
      shown: families().filter((box) => box.checked).map((box) => box.value),
      logarithmic: form.elements.scale.checked,
    };
  }

  const format = (value) => {
    if (value === 0) return "0";
    const size = Math.abs(value);
    return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  };

  /** About `count` round numbers from `low` to `high`. */
  function ticks(low, high, count) {
    const raw = (high - low) / count || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((multiple) => multiple * power >= raw);
    const first = Math.ceil(low / step - 1e-9);
    const found = [];
    for (let i = first; i * step <= high * (1 + 1e-9); i += 1) found.push(Number((i * step).toPrecision(12)));
    return found;
  }

  /** Powers of ten between two numbers, at most six; 1, 2 and 5 times them where they are few. */
  function decades(low, high) {
    const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const every = Math.ceil((last - first) / 6) || 1;
    const found = [];
    for (let power = first; power <= last; power += every) {
      for (const digit of high < 100 * low ? [1, 2, 5] : [1]) found.push(Number((digit * 10 ** power).toPrecision(3)));
    }
    return found.filter((value) => low <= value * (1 + 1e-9) && value <= high * (1 + 1e-9));
  }

  const DASHES = { fixed: "", fresh: "7 4" };

  function draw(curves, n, logarithmic) {
    const width = Math.max(280, chart.clientWidth);
    const height = Math.round(Math.min(440, Math.max(260, width * 0.58)));
    const [left, right, top, bottom] = [62, 14, 14, 44];
    const all = curves.flatMap((one) => one.values);
    const high = Math.max(...all) * (logarithmic ? 1.15 : 1.05);
    const low = logarithmic ? Math.min(...all) / 1.15 : 0;
    const x = (i) => left + ((i - 1) / Math.max(1, n - 1)) * (width - left - right);
    const part = (v) => (logarithmic ? Math.log(v / low) / Math.log(high / low) : v / high);
    const y = (v) => height - bottom - part(v) * (height - top - bottom);
    const lines = [];
    for (const value of logarithmic ? decades(low, high) : ticks(0, high, 5)) {
      lines.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/>`);
      lines.push(`<text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${format(value)}</text>`);
    }
    for (const value of [...new Set([1, ...ticks(1, n, width < 500 ? 4 : 8).filter(Number.isInteger)])]) {
      if (value === 1 || x(value) - x(1) > 18) {
        lines.push(`<text x="${x(value)}" y="${height - bottom + 18}" text-anchor="middle">${value}</text>`);
      }
    }
    const middle = (height - bottom + top) / 2;
    lines.push(`<text x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">model-fitting iteration</text>`);
    lines.push(`<text transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">test error, noise left out</text>`);
    for (const { colour, design, exact, dotted, values } of curves) {
      const points = values.map((value, i) => [x(i + 1).toFixed(1), y(value).toFixed(1)]);
      const path = points.map((point) => point.join(" ")).join(" L ");
      lines.push(`<path d="M ${path}" fill="none" stroke="${colour}" stroke-width="${exact ? 2.4 : 1.2}" stroke-dasharray="${DASHES[design]}"/>`);
      if (dotted || n === 1) {
        for (const [cx, cy] of points) lines.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`);
      }
    }
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.setAttribute("height", height);
    chart.innerHTML = `<title>Test error of models 1 to ${n} under the chosen workflows; the table below has the numbers</title>${lines.join("")}`;
  }

  function list(curves) {
    body.innerHTML = curves
      .map(({ family, colour, design, exact, dotted, values }) => {
        const mark = dotted ? `<circle cx="18" cy="6" r="3" fill="${colour}"/>` : "";
        const line = `<svg class="key" viewBox="0 0 36 12" aria-hidden="true"><path d="M 0 6 L 36 6" stroke="${colour}" stroke-width="${exact ? 2.4 : 1.2}" stroke-dasharray="${DASHES[design]}"/>${mark}</svg>`;
        const [first, last] = [values[0], values[values.length - 1]];
        return `<tr><th scope="row">${line} ${family}</th><td>${design}</td><td>${format(first)}</td><td>${format(last)}</td><td>${format(last / first)}</td><td>${exact ? "exact" : "large T"}</td></tr>`;
      })
      .join("");
  }

  /** Read the controls, draw, and say in one line what a reader must know. */
  function redraw() {
    const { designs, shown, logarithmic } = choice();
    const now = settings();
    const needed = new Set(["T", "d", "sigma", "n", ...shown.flatMap((family) => laws[family].parameters)]);
    for (const name of NAMES) number(name).closest(".control").hidden = !needed.has(name);
    let text = problem(now);
    if (!text && shown.length === 0) text = "Choose at least one workflow.";
    chart.style.visibility = text ? "hidden" : "visible"; // it keeps its place, so that the sliders keep theirs
    body.closest("table").hidden = text !== "";
    message.classList.toggle("wrong", text !== "");
    if (!text) {
      const colours = new Set();
      const curves = shown.flatMap((family) => {
        const { colour } = laws[family];
        const dotted = colours.has(colour); // two families of one workflow have its colour; the second has dots
        colours.add(colour);
        return designs.map((design) => {
          const { exact } = laws[family][design];
          return { family, colour, design, exact, dotted, values: curve(family, design, now) };
        });
      });
      draw(curves, now.n, logarithmic);
      list(curves);
      document.getElementById("explorer-last").textContent = `model ${now.n}`;
      if (now.T < now.d + 4) text = "With T < d + 4 the test error has a mean but no variance: single runs scatter without bound.";
      else if (curves.some((one) => !one.exact)) text = "Thin lines are laws for large T; at a finite T the error differs from them.";
    }
    if (message.textContent !== text) message.textContent = text;
  }

  function remember() {
    const { shown, logarithmic } = choice();
    const entries = NAMES.map((name) => [name, number(name).value]);
    entries.push(["design", form.elements.design.value], ["scale", logarithmic ? "log" : "linear"], ["show", shown.join(";")]);
    history.replaceState(null, "", PREFIX + new URLSearchParams(entries));
  }

  /** Take the settings from the page's address, if it has any. */
  function recall() {
    if (!location.hash.startsWith(PREFIX)) return false;
    const given = new URLSearchParams(location.hash.slice(PREFIX.length));
    for (const name of NAMES) if (given.has(name)) number(name).value = given.get(name);
    if (["fixed", "fresh", "both"].includes(given.get("design"))) form.elements.design.value = given.get("design");
    if (given.has("scale")) form.elements.scale.checked = given.get("scale") === "log";
    if (given.has("show")) for (const box of families()) box.checked = given.get("show").split(";").includes(box.value);
    return true;
  }

  function start() {
    const found = recall();
    NAMES.forEach(follow);
    redraw();
    return found;
  }

  for (const name of NAMES) {
    slider(name).max = STOPS[name].length - 1;
    slider(name).addEventListener("input", () => {
      number(name).value = STOPS[name][slider(name).value];
      slider(name).setAttribute("aria-valuetext", number(name).value);
    });
    number(name).addEventListener("input", () => follow(name));
  }
  form.addEventListener("input", () => {
    redraw();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", start);
  let width = 0;
  new ResizeObserver(() => {
    // Drawing changes the height, which would call again.
    if (chart.parentElement.clientWidth !== width) redraw();
    width = chart.parentElement.clientWidth;
  }).observe(chart.parentElement);
  if (start()) document.getElementById("explorer").scrollIntoView();
}
