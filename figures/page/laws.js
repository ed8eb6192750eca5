"use strict";
// What the explorer computes, free of the page it stands in. Behind it come `gains` and `laws`, printed by SymPy.

/** The sum of term(i) over i = first to last. */
function sum(first, last, term) {
  let total = 0;
  for (let i = first; i <= last; i += 1) total += term(i);
  return total;
}

/** What keeps the laws from holding at these settings, in one line; empty where they hold. */
function problem({ T, d, sigma, n, k, w, s }) {
  const [windows, iterations] = [gains.length + 1, gains[0].length];
  const whole = (value, least, most) => Number.isInteger(value) && least <= value && value <= most;
  if (!whole(d, 1, 1e9)) return "d counts features: a whole number of at least 1.";
  if (!whole(T, 1, 1e9)) return "T counts the samples of an iteration: a whole number of at least 3.";
  if (T < d + 2) return `With T = ${T} and d = ${d} the test error has no finite mean: T must be at least d + 2 = ${d + 2}.`;
  if (!(sigma > 0 && sigma <= 1e9)) return "σ is a noise standard deviation: a positive number.";
  if (!whole(n, 1, iterations)) return `n counts model-fitting iterations: a whole number from 1 to ${iterations}.`;
  if (!whole(k, 2, windows)) return `k counts the pools of a window: a whole number from 2 to ${windows}.`;
  if (!(w > 0 && w <= 1)) return "w is the share of the loss on real data: more than 0 and at most 1.";
  if (!whole(s, 1, 1e6)) return "s is the sampled rows over T: a whole number of at least 1.";
  return "";
}

/** The test errors of models 1 to n. */
function curve(family, design, settings) {
  return Array.from({ length: settings.n }, (_, index) =>
    laws[family][design].error({ ...settings, n: index + 1 }),
  );
}
