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
  if (tasks[task].ridged && between(found, "") !== "") found.T = found.d + 2;
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
  return tasks[task].ridged ? between(settings, tasks[task].outside) : "";
}

/** The law of a variant: with a ridge, or under a generator, where one is set; null where there is no formula then. */
function law(task, family, variant, settings) {
  const { temperature = 1, bias = 0 } = settings;
  const found = tasks[task].laws[family].variants[variant];
  const plain = temperature === 1 && bias === 0;
  if (tasks[task].ridged && penalised(settings)) {
    return plain ? beyond(tasks[task].laws[family].ridged, variant, settings) : null;
  }
  return plain ? found : found.generated;
}

/** The task's quantity for models 1 to n. */
function curve(task, family, variant, settings) {
  const { value, values } = law(task, family, variant, settings);
  if (values) return values();
  return Array.from({ length: settings.n }, (_, index) => value({ ...settings, n: index + 1 }));
}

/** Whether single runs scatter without bound; with a ridge they do not. */
const scatters = (task, settings) => !(settings.ridge > 0) && Boolean(tasks[task].scatter?.where(settings));

/** What is not drawn of the families and variants that are shown, and why, in one line; empty where all is. */
function missing(task, families, variants, settings) {
  const ridged = tasks[task].ridged && penalised(settings);
  const found = families.flatMap((family) => {
    const known = variants.filter((variant) => variant in tasks[task].laws[family].variants);
    const none = known.filter((variant) => law(task, family, variant, settings) === null);
    if (none.length === 0 || (!ridged && none.length < known.length)) return [];
    return none.length < known.length ? `${family} (${none.join(", ")})` : family;
  });
  if (found.length === 0) return "";
  const { temperature = 1, bias = 0 } = settings;
  const noises = temperature === 1 && bias === 0 ? "" : " at this temperature and bias";
  if (!ridged) return `At this temperature and bias there is no formula for ${found.join(", ")}.`;
  const penalty = settings.ridge > 0 ? "With a ridge" : "With fewer rows than features";
  const elsewhere = noises ? "" : "; python -m theory has numbers where there is a law";
  return `${penalty} the page has no formula${noises} for ${found.join(", ")}${elsewhere}.`;
}
