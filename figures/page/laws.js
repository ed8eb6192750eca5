"use strict";
// What the explorer computes, free of the page it stands in. Behind it come `gains` and `shifts` (numbers of windows),
// `own` (the page's own numbers) and `tasks`, printed by SymPy.

/** The sum of term(i) over i = first to last. */
function sum(first, last, term) {
  let total = 0;
  for (let i = first; i <= last; i += 1) total += term(i);
  return total;
}

/** The product of factor(i) over i = first to last. */
function product(first, last, factor) {
  let total = 1;
  for (let i = first; i <= last; i += 1) total *= factor(i);
  return total;
}

/** The settings, with the nearest number that is taken in the place of each that is not: an address may say anything. */
function mended(task, settings) {
  const controls = [...tasks[task].parameters, ...own].filter(({ name }) => name in settings);
  const found = { ...settings };
  for (const { name, whole, limit, floors, first } of controls) {
    const value = Number.isFinite(found[name]) ? found[name] : first;
    const near = Math.max(Math.min(whole ? Math.round(value) : value, limit), ...floors.map(({ least }) => least(found)));
    found[name] = floors.length > 0 || near > 0 ? near : first;
  }
  const usual = Object.fromEntries(controls.map(({ name, first }) => [name, first]));
  return problem(task, { ...usual, ...found }) === "" ? found : usual; // a floor may be above the largest number
}

/** What keeps the laws of a task from holding at these settings, in one line; empty where they hold. */
function problem(task, settings) {
  for (const { name, letter, label, needs, whole, limit, floors } of [...tasks[task].parameters, ...own]) {
    const value = settings[name];
    const floor = floors.find(({ least }) => value < least(settings));
    const large = floors.length > 0 || value > 0;
    if (!(large && value <= limit) || (whole && !Number.isInteger(value)) || floor?.others.length === 0) {
      return `${label}, must be ${needs}.`;
    }
    if (floor) {
      const others = floor.others.map((other) => ` and ${other.letter} = ${settings[other.name]}`).join("");
      const least = `${letter} must be at least ${floor.text} = ${floor.least(settings)}`;
      return `With ${letter} = ${value}${others} ${tasks[task].outside}: ${least}.`;
    }
  }
  return "";
}

/** The law of a variant: that under a generator, where one is set; null where there is no formula then. */
function law(task, family, variant, { temperature = 1, bias = 0 }) {
  const usual = tasks[task].laws[family].variants[variant];
  return temperature === 1 && bias === 0 ? usual : usual.generated;
}

/** The task's quantity for models 1 to n. */
function curve(task, family, variant, settings) {
  const { value } = law(task, family, variant, settings);
  return Array.from({ length: settings.n }, (_, index) => value({ ...settings, n: index + 1 }));
}
