// Fits with a ridge, and of least norm where rows are fewer than features; all features alike, with variance 1.
// Behind it come the tasks, whose laws name these functions.

/** Whether the settings are beyond least squares on enough rows. */
const penalised = ({ T, d, ridge = 0 }) => ridge > 0 || T < d + 2;

/** Lambda of a loss that is a mean over so many rows. */
const beside = (rows, { ridge, unscaled = false }) => (unscaled ? ridge / rows : ridge);

/**
 * One fit to so many rows: the share of w* that it keeps in the mean, its bias in units of |w*|^2, its variance in units
 * of sigma^2. Exact without a ridge; with one in the limit d/T -> gamma, where kappa - lambda = kappa d/(rows (1 + kappa)).
 */
function fit(rows, settings) {
  const { d, ridge } = settings;
  if (ridge === 0) {
    const [kept, gap] = [Math.min(rows / d, 1), Math.abs(rows - d) - 1];
    return { kept, spread: 1, bias: 1 - kept, variance: gap > 0 ? Math.min(rows, d) / gap : Infinity };
  }
  const penalty = beside(rows, settings);
  const half = (1 - penalty - d / rows) / 2;
  const root = Math.sqrt(half ** 2 + penalty);
  const kappa = half > 0 ? penalty / (half + root) : root - half; // no difference of numbers that are nearly equal
  const kept = 1 / (1 + kappa);
  const spread = 1 - (d / rows) * kept ** 2;
  return { kept, spread, bias: (1 - kept) ** 2 / spread, variance: 1 / spread - 1 };
}

/** All pools so far at fresh design, with a ridge that does not grow with the rows: what model 1 knows is kept. */
function nested(settings, rows) {
  const { T, n, sigma, signal } = settings;
  let error = fit(T, settings).bias * signal ** 2;
  return Array.from({ length: n }, (_, index) => {
    const [all, before] = [rows(index + 1), index ? rows(index) : 0];
    error += sigma ** 2 * fit(all * T, settings).variance * (1 - before / all);
    return error;
  });
}

/** The newest pool alone at fresh design: q is the energy of what model n is, `whole` the share of w* in it. */
function newest(settings, rows) {
  const { T, d, n, sigma, signal, ridge } = settings;
  let [q, whole, error] = [signal ** 2, 1, 0];
  return Array.from({ length: n }, (_, index) => {
    const size = rows(index + 1) * T;
    const { kept, spread, variance } = fit(size, settings);
    if (ridge === 0) {
      error = kept * error + (1 - kept) * signal ** 2 + sigma ** 2 * variance;
      return error;
    }
    const residual = (q * (1 - kept) ** 2 + sigma ** 2) / spread;
    q = kept ** 2 * (q + (d * residual) / size);
    whole *= kept;
    return q + (1 - 2 * whole) * signal ** 2;
  });
}

/** What is lost of w* along an eigenvalue of X'X/T, and the variance of noise there, for models 1 to n. */
function followed(eigenvalue, settings, rows, run) {
  const { T, n } = settings;
  const kept = (count) => eigenvalue / (eigenvalue + beside(count * T, settings));
  let h = kept(1);
  let one = { lost: 1 - h, noise: h ** 2 };
  const found = [one];
  for (let i = 2; i <= n; i += 1) {
    const [all, before] = [rows(i), h];
    const size = run === "all" ? all - rows(i - 1) : all;
    h = kept(all);
    const handed = (h * size) / all + (run === "all" ? (h * (1 - size / all)) / before : 0);
    one = { lost: 1 - handed * (1 - one.lost), noise: handed ** 2 * one.noise + ((h * size) / all) ** 2 / size };
    found.push(one);
  }
  return found;
}

/**
 * Fixed design, in the limit d/T -> gamma: the mean over eigenvalues 1 + gamma + 2 sqrt(gamma) cos(angle) of Marchenko
 * and Pastur. The midpoint rule is taken with twice as many angles until nothing changes.
 */
function shared(settings, rows, run) {
  const { T, d, n, sigma, signal } = settings;
  const gamma = d / T;
  const at = (count) => {
    const found = Array(n).fill(signal ** 2); // b^2 is 1 where an eigenvalue is 0
    for (let j = 0; j < count; j += 1) {
      const angle = (Math.PI * (j + 0.5)) / count;
      const eigenvalue = 1 + gamma + 2 * Math.sqrt(gamma) * Math.cos(angle);
      const weight = (2 * Math.sin(angle) ** 2) / (count * eigenvalue);
      followed(eigenvalue, settings, rows, run).forEach(({ lost, noise }, index) => {
        found[index] += weight * (signal ** 2 * (lost ** 2 - 1) + (sigma ** 2 * gamma * noise) / eigenvalue);
      });
    }
    return found;
  };
  let [count, before, found] = [32, at(32), at(64)];
  while (count < 8192 && found.some((value, index) => Math.abs(value - before[index]) > 1e-11 * value)) {
    count *= 2;
    [before, found] = [found, at(2 * count)];
  }
  return found;
}

/** The law with a ridge, or of least norm; null where the page has none. */
function beyond({ run, rows, least }, design, settings) {
  const kind = settings.ridge > 0 ? "limit d/T" : "exact";
  if (settings.ridge === 0 && design === "fixed") {
    return least && { kind, values: null, value: least };
  }
  if (!run || (design === "fresh" && run === "all" && settings.ridge > 0 && !settings.unscaled)) return null;
  const values = { fixed: shared, fresh: run === "all" ? nested : newest }[design];
  return { kind, values: () => values(settings, (n) => rows({ ...settings, n }), run) };
}

/** What keeps all laws from being finite without a ridge: rows within one of the features. */
function between({ T, d, ridge }, letters) {
  if (ridge > 0 || Math.abs(T - d) >= 2) return "";
  const few = d > 2 ? `at most d - 2 = ${d - 2}, ` : "";
  return `With T = ${T} and d = ${d} ${letters}: T must be ${few}at least d + 2 = ${d + 2}, or λ more than 0.`;
}
