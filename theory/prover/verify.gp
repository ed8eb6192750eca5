\\ What the script below is made of. Everything is exact arithmetic of rational functions, but for the signs of real
\\ constants, which are decided at 120 digits; a constant nearer to 0 than MARGIN counts as undecided, and is refused.
\\ An error ends the script.
default(recover, 0);
default(realprecision, 120);
MARGIN = 1e-50; ROUNDING = 1e-90;
checks = 0;
must(holds, what) = { checks++; if (!holds, print("failed: ", what); quit(1)) };

\\ The number that a polynomial in the constants stands for.
number(c) = simplify(substvec(c, CONSTANTS, VALUES));
\\ Its sign: 2 where it is undecided.
number_sign(c) = { my(x = number(c)); if (type(x) == "t_REAL" && abs(x) < MARGIN, 2, sign(x)) };
alike(x, y) = { my(z = number(x - y)); z == 0 || abs(z) < ROUNDING };

is_number(c) = #setminus(Set(variables(simplify(c))), Set(CONSTANTS)) == 0;

\\ [coefficient, powers of VARIABLES] for every term.
monomials(P, k = 1) = {
  if (k > #VARIABLES, return(if (P == 0, [], [[P, []]])));
  my(found = []);
  for (e = 0, poldegree(P, VARIABLES[k]),
    found = concat(found, [[t[1], concat([e], t[2])] | t <- monomials(polcoef(P, e, VARIABLES[k]), k + 1)]));
  found
};
term(t) = t[1] * prod(k = 1, #VARIABLES, VARIABLES[k]^t[2][k]);
terms(P) = { my(L = monomials(P)); must(P == sum(j = 1, #L, term(L[j])), "a polynomial is the sum of its terms"); L };
\\ VARIABLES are >= 0; a term in those alone that are POSITIVE is nowhere 0.
nowhere_zero(t) = { for (k = 1, #VARIABLES, if (t[2][k] > 0 && !setsearch(Set(POSITIVE), VARIABLES[k]), return(0))); 1 };
has_sign(L, s) = { for (j = 1, #L, my(x = number_sign(L[j][1])); if (x == 2 || x * s < 0, return(0))); 1 };
some_nowhere_zero(L, s) = { for (j = 1, #L, if (number_sign(L[j][1]) == s && nowhere_zero(L[j]), return(1))); 0 };

\\ Equal up to identities between constants.
near(A, B, what) = {
  if (A == B, must(1, what); return);
  my(L = monomials(numerator(A - B)));
  for (j = 1, #L, must(abs(number(L[j][1])) < ROUNDING, what));
  must(#L > 0, what);
};

\\ F = N/D is >= 0 (strict: > 0): the terms of D have one sign and one is nowhere 0; those of N have the same.
shown(F, N, D, strict, what) = {
  near(F * D, N, Str(what, ": the quotient"));
  my(below = terms(D), above = terms(N), s = if (has_sign(below, 1), 1, has_sign(below, -1), -1, 0));
  must(s != 0 && some_nowhere_zero(below, s), Str(what, ": the denominator"));
  must(has_sign(above, s), Str(what, ": a negative coefficient"));
  must(!strict || some_nowhere_zero(above, s), Str(what, ": it may be 0"));
};

\\ SUMS: [name, term], the sum of the term over i = 1..n. TAILS: [name, term], the sum over all i > n.
\\ FUNCTIONS: names of other functions of n. RULES: [name, what it equals].
term_of(name, table) = { for (k = 1, #table, if (table[k][1] == name, return(table[k][2]))); must(0, Str(name, " is no sum")) };
reduced(A) = substvec(A, [r[1] | r <- RULES], [r[2] | r <- RULES]);
free_of_n(A) = { if (deriv(A, n_) != 0, return(0)); for (k = 1, #FUNCTIONS, if (deriv(A, FUNCTIONS[k]) != 0, return(0))); 1 };
\\ INDEXED: names of functions of i. A does not change with n, or with i.
without_n(A) = {
  for (k = 1, #SUMS, if (deriv(A, SUMS[k][1]) != 0, return(0)));
  for (k = 1, #TAILS, if (deriv(A, TAILS[k][1]) != 0, return(0)));
  free_of_n(A)
};
without_i(A) = { if (deriv(A, i_) != 0, return(0)); for (k = 1, #INDEXED, if (deriv(A, INDEXED[k]) != 0, return(0))); 1 };
\\ A = B: as they stand, or since both are equal at n = 1 and change alike from n to n + 1; tails are linear.
same(A, B, what) = {
  my(D = reduced(reduced(A - B)), sums = [s[1] | s <- SUMS], tails = [t[1] | t <- TAILS], all, rest, a, b);
  if (D == 0, must(1, what); return(1));
  all = concat(sums, tails); rest = substvec(D, all, vector(#all));
  a = vector(#sums, k, deriv(D, sums[k])); b = vector(#tails, k, deriv(D, tails[k]));
  must(D == rest + sum(k = 1, #sums, a[k] * sums[k]) + sum(k = 1, #tails, b[k] * tails[k]), Str(what, ": not linear in sums"));
  for (k = 1, #sums, must(free_of_n(a[k]), Str(what, ": a factor with n")));
  for (k = 1, #tails, must(free_of_n(b[k]), Str(what, ": a factor with n")));
  for (k = 1, #FUNCTIONS, must(deriv(rest, FUNCTIONS[k]) == 0, Str(what, ": ", FUNCTIONS[k])));
  must(sum(k = 1, #tails, b[k] * TAILS[k][2]) == 0, Str(what, ": tails"));
  must(sum(k = 1, #sums, a[k] * subst(SUMS[k][2], i_, n_ + 1)) + subst(rest, n_, n_ + 1) - rest == 0, Str(what, ": the step"));
  must(sum(k = 1, #sums, a[k] * subst(SUMS[k][2], i_, 1)) + subst(rest, n_, 1) == 0, Str(what, ": n = 1"));
  1
};
\\ A at n + 1; `following` are the FUNCTIONS there.
next_n(A, following) = {
  my(old = concat([[n_], [s[1] | s <- SUMS], [t[1] | t <- TAILS], FUNCTIONS]));
  substvec(A, old, concat([[n_ + 1], [s[1] + subst(s[2], i_, n_ + 1) | s <- SUMS],
    [t[1] - subst(t[2], i_, n_ + 1) | t <- TAILS], following]))
};

\\ image = inside^(p/q). Along a run of roots both are numbers times powers of its root.
root_of(image, inside, p, q, r, what) = {
  if (r[1] == "root" && (r[3] * p) % q == 0,
    my(base = r[2] + m_, number_inside = inside / base^r[3], number_image = image / base^(r[3] * p / q));
    if (is_number(number_inside) && is_number(number_image),
      must(number_sign(number_image) >= 0 && alike(number_image^q, number_inside^p), what); return(1)));
  near(image^q, inside^p, what);
  if (is_number(image), must(number_sign(image) >= 0, what); return(1));
  0
};
\\ image = base^exponent, with exponent = s m + r and root^m = 1 + m log(root) + ... + y, root > 1.
geometric(image, base, exponent, root, logarithm, y, what) = {
  my(s = polcoef(exponent, 1, m_), r = polcoef(exponent, 0, m_), b = number(base), g, times, constant);
  must(exponent == s * m_ + r && number(root) > 1 && alike(logarithm, log(number(root))), Str(what, ": the root"));
  times = round(log(abs(b)) * s / number(logarithm));
  must(alike(number(root)^times, b^s), Str(what, ": the rate"));
  g = sum(j = 0, 3, (m_ * logarithm)^j / j!) + y;
  constant = image / g^times;
  must(alike(constant, b^r), Str(what, ": the factor"));
};

\\ A at n = N, and whether A has no other functions of n than sums.
at_n(A, N) = {
  substvec(A, concat([n_], [s[1] | s <- SUMS]), concat([N], [sum(j = 1, N, subst(s[2], i_, j)) | s <- SUMS]))
};
holds_sums_alone(A) = {
  for (k = 1, #FUNCTIONS, if (deriv(A, FUNCTIONS[k]) != 0, return(0)));
  for (k = 1, #TAILS, if (deriv(A, TAILS[k][1]) != 0, return(0)));
  1
};
\\ The logarithm of a power's name, as exponent * log(base).
logarithm_of(F) = { for (k = 1, #POWERS, if (POWERS[k][1] == F, return(POWERS[k][2]))); must(0, Str(F, " is no power")) };

\\ A changes by this much from n to n + 1.
goes_on(A, change, what) = must(next_n(A, FUNCTIONS) - A == change, what);

\\ Runs of n: ["only", n], ["from", first, step], ["between", first, end], ["root", root, degree, scale, shift].
iteration(r) = {
  if (r[1] == "only", r[2], r[1] == "from", r[2] + r[3] * m_, r[1] == "between", (r[2] + r[3] * m_) / (1 + m_),
    ((r[2] + m_)^r[3] - r[5]) / r[4])
};
least(r) = if (r[1] == "root", ceil((r[2]^r[3] - r[5]) / r[4]), r[2]);
well_formed(r) = {
  must(least(r) >= 1, "an n below 1");
  if (r[1] == "from", must(r[3] >= 1, "a run that rises"));
  if (r[1] == "between", must(r[3] > r[2], "a run that rises"));
  if (r[1] == "root", must(r[2] >= 1 && r[3] >= 1 && r[4] >= 1, "a run that rises"));
};
endless(r) = r[1] == "root" || (r[1] == "from" && r[3] == 1);
\\ The first n that no [first, end] with first <= k < end holds, k itself where there is none.
after(k, reach) = vecmax(concat([k], [x[2] | x <- reach, x[1] <= k && k < x[2]]));
\\ Every n >= first, up to last, is in a case with goal "difference", or follows by induction from the one before it.
covers(cases, first, last) = {
  my(shown = [c[3] | c <- cases, c[1] == "difference"], steps = [c[3] | c <- cases, c[1] == "step"], reach, ends, paces);
  reach = concat([[r[2], r[2] + 1] | r <- shown, r[1] == "only"], [[r[2], r[3]] | r <- shown, r[1] == "between"]);
  ends = concat([least(r) | r <- shown, endless(r)], [least(r) + 1 | r <- steps, endless(r) && after(least(r), reach) > least(r)]);
  paces = [r | r <- shown, r[1] == "from" && r[3] > 1];
  foreach (Set([r[3] | r <- paces]), p, my(starts = [r[2] | r <- paces, r[3] == p]);
    if (#Set([x % p | x <- starts]) == p, ends = concat(ends, [vecmax(starts)])));
  if (last != oo, ends = concat(ends, [last + 1]));
  must(#ends > 0, "no run reaches all large n");
  my(k = first);
  while (k < vecmin(ends), my(next = after(k, reach)); must(next > k, Str("n = ", k, " is in no case")); k = next);
};
\\ A range of a variable: [p, oo] as p + v, [p, q] as (p + q v)/(1 + v), which has p, or as (q + p v)/(1 + v), which has q.
far(image, v) = if (type(image) == "t_RFRAC", polcoef(numerator(image), 1, v) / polcoef(denominator(image), 1, v), oo);
range(image, v, ceiling) = {
  my(at_zero = subst(image, v, 0), at_oo = far(image, v));
  if (at_oo == oo, must(ceiling == oo && image == at_zero + v, "a range"); return([at_zero, oo]));
  must(image == (at_zero + at_oo * v) / (1 + v) && at_zero != at_oo, "a range");
  must(if (ceiling == oo, at_zero < at_oo, at_zero > at_oo), "a range");
  if (ceiling == oo, [at_zero, at_oo], [at_oo, at_zero])
};
\\ The ranges follow each other from `low` to `end`.
follow(chain, low, end) = {
  must(#chain > 0 && chain[1][1] == low && chain[#chain][2] == end, "where a variable begins or ends");
  for (k = 2, #chain, must(chain[k][1] == chain[k - 1][2], "ranges with a gap"));
};
\\ The images of one variable, in cells in which those before it have the same ones, are all that it can be.
reaches(images, own, name, floors, ceiling, v) = {
  my(found = 0, low = 0);
  if (v == 0, must(#floors == 0 && ceiling == oo && images == [name], "an end without a slack"); return);
  if (#[f | f <- floors, #variables(f) > 0] > 0,
    for (k = 1, #own, found = found || if (ceiling == oo, setsearch(images, own[k] + v),
      setsearch(images, own[k]) && setsearch(images, (ceiling + own[k] * v) / (1 + v))));
    must(found, "a variable is above a floor");
    return);
  if (#floors > 0, low = vecmax(floors));
  if (ceiling != oo && #floors > 0, must(setsearch(images, low), "a variable at its floor"));
  if (low != ceiling || #floors == 0,
    follow(vecsort([range(x, v, ceiling) | x <- images, #variables(x) > 0]), low, ceiling));
};
\\ The cells together are the domain: one variable after the other reaches all that it can be.
cells_cover(names, floors, ceilings, slacks) = {
  must(#CELLS > 0, "a domain of no cells");
  must(#setintersect(Set(names), Set([n_, i_, m_])) == 0, "a variable that the proofs use");
  for (j = 1, #names, my(before = Set([c[1..j - 1] | c <- CELLS]));
    for (k = 1, #before, my(b = before[k], images = Set([c[j] | c <- CELLS, c[1..j - 1] == b]), own);
      own = [substvec(f, names[1..j - 1], b) | f <- floors[j]];
      reaches(images, own, names[j], floors[j], ceilings[j], slacks[j])));
};
\\ Some whole number of the domain is a whole floor + x + a whole number in the cell.
is_whole(x, cell, names, floors) = {
  for (j = 1, #names, if (setsearch(Set(INTEGERS), names[j]), for (l = 1, #floors[j],
    my(f = floors[j][l], rest = simplify(cell[j] - substvec(f, names, cell) - x));
    if (type(rest) == "t_INT" && denominator(content(f)) == 1 && #setminus(Set(variables(f)), Set(INTEGERS)) == 0, return(1)))));
  0
};
\\ Two cells in the place of one: x = a x/(1 + x) and a + rest; or, for a = 0 and whole x, x = 0 and 1 + x.
split(k, x, a, rest, names, floors) = {
  my(cell = CELLS[k], low, high);
  must(a > 0 || is_whole(x, cell, names, floors), "what is split is a whole number");
  [low, high] = if (a > 0, [a * x / (1 + x), a + rest], [0, 1 + x]);
  CELLS[k] = subst(cell, x, low);
  CELLS = concat(CELLS, [subst(cell, x, high)]);
};
CASES = [];
