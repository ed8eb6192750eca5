"use strict";
// The controls of the explorer, its chart and its table. The settings live in the controls and in the page's address.

{
  const PREFIX = "#explorer?";
  const form = document.getElementById("explorer-controls");
  const chart = document.getElementById("explorer-chart");
  const message = document.getElementById("explorer-message");
  const table = document.getElementById("explorer-values");
  const owned = [...document.querySelectorAll("[data-task]")]; // each by one task, which alone shows it
  const numbers = [...form.querySelectorAll("input[type=number]")];
  const families = [...form.querySelectorAll("input[name=family]")];
  const choices = [...form.querySelectorAll("[data-choice]")];
  const unscaled = form.elements.unscaled ?? { checked: false }; // only a task with a ridge has it
  const task = () => form.elements.task.value;
  const used = (element) => (element.closest("[data-task]")?.dataset.task ?? task()) === task();
  const slider = (number) => document.getElementById(`${number.id}-slider`);

  /** The values a slider stops at: round ones on a scale of decades, or every step. */
  function stops({ min, max, step, dataset }) {
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

  const STOPS = new Map(numbers.map((number) => [number, stops(number)]));

  /** Put the slider of a number where that number is, or next to it. */
  function follow(number) {
    const distances = STOPS.get(number).map((stop) => Math.abs(stop - Number(number.value)));
    slider(number).value = distances.indexOf(Math.min(...distances));
    slider(number).setAttribute("aria-valuetext", number.value);
  }

  function settings() {
    const found = numbers.filter(used).map(({ name, value }) => [name, value === "" ? NaN : Number(value)]);
    return { ...Object.fromEntries(found), unscaled: unscaled.checked };
  }

  /** The radio button that is on in each of the task's choices. */
  const decided = () => choices.filter(used).map((group) => [group.dataset.choice, group.querySelector("input:checked")]);

  function choice() {
    const { laws, variants } = tasks[task()];
    const fits = ({ chosen }) => decided().every(([name, on]) => "every" in on.dataset || on.value === chosen[name]);
    return {
      variants: Object.keys(variants).filter((variant) => fits(variants[variant])),
      shown: families.filter((box) => box.checked && box.value in laws).map((box) => box.value),
      logarithmic: form.elements.scale.checked,
    };
  }

  const format = (value) => {
    if (!Number.isFinite(value)) return value > 0 ? "∞" : "–";
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

  /** Text within HTML. */
  function safe(text) {
    return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  }

  function draw(curves, n, logarithmic) {
    const width = Math.max(280, chart.clientWidth);
    const height = Math.round(Math.min(440, Math.max(260, width * 0.58)));
    const [left, right, top, bottom] = [62, 14, 14, 44];
    const all = curves.flatMap((one) => one.values).filter(Number.isFinite);
    const positive = all.filter((value) => value > 0);
    logarithmic &&= positive.length > 0;
    const high = Math.max(...all) * (logarithmic ? 1.15 : 1.05) || 1;
    const low = logarithmic ? Math.min(...positive) / 1.15 : 0;
    const x = (i) => left + ((i - 1) / Math.max(1, n - 1)) * (width - left - right);
    const part = (v) => (logarithmic ? Math.max(0, Math.log(v / low) / Math.log(high / low)) : v / high);
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
    lines.push(`<text transform="translate(13 ${middle}) rotate(-90)" text-anchor="middle">${safe(tasks[task()].axis)}</text>`);
    for (const { colour, dash, exact, dotted, values } of curves) {
      const points = values.flatMap((value, i) => (Number.isFinite(value) ? [[x(i + 1).toFixed(1), y(value).toFixed(1)]] : []));
      const path = points.map((point) => point.join(" ")).join(" L ");
      lines.push(`<path d="M ${path}" fill="none" stroke="${colour}" stroke-width="${exact ? 2.4 : 1.2}" stroke-dasharray="${dash}"/>`);
      if (dotted || n === 1) {
        for (const [cx, cy] of points) lines.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`);
      }
    }
    chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    chart.setAttribute("height", height);
    chart.innerHTML = `<title>The ${safe(tasks[task()].quantity)} of models 1 to ${n} under the chosen workflows; the table below has the numbers</title>${lines.join("")}`;
  }

  function list(curves, n) {
    const head = ["workflow", ...tasks[task()].choices, "model 1", `model ${n}`, "ratio", "law"];
    table.tHead.innerHTML = `<tr>${head.map((title) => `<th scope="col">${safe(title)}</th>`).join("")}</tr>`;
    table.tBodies[0].innerHTML = curves
      .map(({ family, colour, chosen, dash, exact, kind, dotted, values }) => {
        const mark = dotted ? `<circle cx="18" cy="6" r="3" fill="${colour}"/>` : "";
        const line = `<svg class="key" viewBox="0 0 36 12" aria-hidden="true"><path d="M 0 6 L 36 6" stroke="${colour}" stroke-width="${exact ? 2.4 : 1.2}" stroke-dasharray="${dash}"/>${mark}</svg>`;
        const [first, last] = [values[0], values[values.length - 1]];
        const cells = [...Object.values(chosen), ...[first, last, last / first].map(format), kind];
        return `<tr><th scope="row">${line} ${safe(family)}</th>${cells.map((cell, i) => `<td data-label="${safe(head[i + 1])}">${safe(cell)}</td>`).join("")}</tr>`;
      })
      .join("");
  }

  /** Read the controls, draw, and say in one line what a reader must know. */
  function redraw() {
    const { laws, parameters, variants: all, quantity, scatter } = tasks[task()];
    const { variants, shown, logarithmic } = choice();
    const now = settings();
    const needed = new Set(["n", ...parameters.map(({ name }) => name), ...shown.flatMap((family) => laws[family].parameters)]);
    for (const element of owned) element.hidden = !used(element);
    for (const number of numbers) number.closest(".control").hidden = !needed.has(number.name);
    for (const box of families) box.closest("label").hidden = !(box.value in laws);
    let text = problem(task(), now);
    if (!text && shown.length === 0) text = "Choose at least one workflow.";
    const curves = [];
    const colours = new Set();
    for (const family of text ? [] : shown) {
      const { colour, variants: known } = laws[family];
      const dotted = colours.has(colour); // two families of one workflow have its colour; the second has dots
      colours.add(colour);
      for (const variant of variants.filter((each) => each in known)) {
        const found = law(task(), family, variant, now);
        if (found === null) continue;
        const kind = found.kind ?? (found.exact ? "exact" : "large T");
        const values = curve(task(), family, variant, now);
        curves.push({ family, colour, ...all[variant], exact: kind === "exact", kind, dotted, values });
      }
    }
    const none = text ? "" : missing(task(), shown, variants, now);
    if (none && curves.length === 0) text = none;
    chart.style.visibility = text ? "hidden" : "visible"; // it keeps its place, so that the sliders keep theirs
    table.hidden = text !== "";
    message.classList.toggle("wrong", text !== "");
    if (!text) {
      draw(curves, now.n, logarithmic);
      list(curves, now.n);
      const limits = [...new Set(curves.filter((one) => !one.exact).map(({ kind }) => kind))];
      const whose = { "large T": "for large T", "limit d/T": "in the limit where d/T stays as T grows" };
      if (scatters(task(), now)) text = scatter.text;
      else if (limits.length) text = `Thin lines are laws ${limits.map((kind) => whose[kind]).join(" or ")}; at a finite T the ${quantity} differs from them.`;
      text = [none, text].filter(Boolean).join(" ");
    }
    if (message.textContent !== text) message.textContent = text;
  }

  /** Put the settings into the page's address, where there are laws for them. */
  function remember() {
    const { shown, logarithmic } = choice();
    if (problem(task(), settings()) !== "" || shown.length === 0) return;
    const entries = [["task", task()], ...numbers.filter(used).map(({ name, value }) => [name, value])];
    if (tasks[task()].ridged) entries.push(["unscaled", unscaled.checked]);
    entries.push(...decided().map(([name, on]) => [name, on.value]), ["scale", logarithmic ? "log" : "linear"], ["show", shown.join(";")]);
    history.replaceState(null, "", PREFIX + new URLSearchParams(entries));
  }

  /** Take the settings from the page's address, if it has any; what it does not say, or says wrongly, is as at first. */
  function recall() {
    if (!location.hash.startsWith(PREFIX)) return false;
    const given = new URLSearchParams(location.hash.slice(PREFIX.length));
    form.reset();
    form.elements.task.value = given.get("task");
    if (!task()) form.elements.task.selectedIndex = 0; // none is named, or none of these
    for (const number of numbers.filter(used)) {
      const value = Number(given.get(number.name) || NaN);
      if (Number.isFinite(value)) number.value = value;
    }
    const nearest = mended(task(), settings());
    for (const number of numbers.filter(used)) number.value = nearest[number.name];
    for (const group of choices.filter(used)) {
      for (const radio of group.querySelectorAll("input")) if (radio.value === given.get(group.dataset.choice)) radio.checked = true;
    }
    unscaled.checked = given.get("unscaled") === "true";
    form.elements.scale.checked = given.get("scale") === "log";
    const shown = (given.get("show") ?? "").split(";");
    if (families.some((box) => shown.includes(box.value))) for (const box of families) box.checked = shown.includes(box.value);
    return true;
  }

  function start() {
    const found = recall();
    numbers.forEach(follow);
    redraw();
    if (found) remember();
    return found;
  }

  for (const number of numbers) {
    slider(number).max = STOPS.get(number).length - 1;
    slider(number).addEventListener("input", () => {
      number.value = STOPS.get(number)[slider(number).value];
      slider(number).setAttribute("aria-valuetext", number.value);
    });
    number.addEventListener("input", () => follow(number));
  }
  form.addEventListener("input", () => {
    redraw();
    remember();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("explorer-reset").addEventListener("click", () => {
    form.reset();
    history.replaceState(null, "", "#explorer");
    start();
  });
  window.addEventListener("hashchange", start);
  let width = 0;
  new ResizeObserver(() => {
    // Drawing changes the height, which would call again.
    if (chart.parentElement.clientWidth !== width) redraw();
    width = chart.parentElement.clientWidth;
  }).observe(chart.parentElement);
  if (start()) document.getElementById("explorer").scrollIntoView();
}
