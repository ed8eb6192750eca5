"use strict";
// What the explorer computes, free of the page it stands in. Behind it come `gains`, `own` (the page's
// own numbers) and `tasks`, printed by SymPy.

/** The sum of term(i) over i = first to last. */
function sum(first, last, term) {
  let total = 0;
  for (let i = first; i <= last; i += 1) total += term(i);
  return total;
}

/** What keeps the laws of a task from holding at these settings, in one line; empty where they hold. */
function problem(task, settings) {
  for (const { name, letter, label, needs, whole, limit, floors } of [...tasks[task].parameters, ...own]) {
    const value = settings[name];
    const floor = floors.find(({ least }) => value < least(settings));
    if (!(value > 0 && value <= limit) || (whole && !Number.isInteger(value)) || floor?.others.length === 0) {
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

/** The task's quantity for models 1 to n. */
function curve(task, family, variant, settings) {
  const { value } = tasks[task].laws[family].variants[variant];
  return Array.from({ length: settings.n }, (_, index) => value({ ...settings, n: index + 1 }));
}
