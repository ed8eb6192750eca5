r"""A small algebra of random matrices, in which the laws of refitting are derived.

A derivation is a list of *states*. A state is data: an `Equation` between vectors, or the `Value` of the expected
squared error E_n, both sums of `Monomial`s,

    coefficient x sums over indices x a product of expectations of products of traces x a word of letters,

where a letter is a matrix of a `Family` at an index: X_k, noise_k, W_k = X_k'X_k, G_n, delta_n, … All of it is in
`terms`; `families` says which families least squares has, and that is the one place where anything about them is typed:
what a label is, what is independent of what, which rows are Gaussian. E|delta|^2 is written E tr(delta delta'), so
that vectors need no rules of their own.

How to find one's way
    indices      the algebra's own symbols, sums of coefficients, and `at_least`, which decides between two indices for
                 every n at once. No rule branches on the value of n.
    sympy_types  SymPy's functions, with narrower types.
    normal_form  `normal`, applied after every operation: equal terms look alike afterwards. Equality of two expressions
                 is that their difference vanishes there; it is sound, not complete.
    operations   sums, products, traces, putting one thing in for another, aligning the ranges of sums.
    reading      a workflow as a `Setting`: its training sets as runs of pools, or as shares p(n, k).
    rules        (setting, state) -> state, one small function each. The first line of its docstring is the reason that
                 is printed. A rule whose condition fails raises `RuleDoesNotApply` and shows the offending term.
    by_parts     moments of a Wishart matrix, from Gaussian integration by parts.
    strategy     `follow` goes through a list of rules; there is no search.
    printing     states as LaTeX. No statement is typed.
    checker      replays a derivation on numbers. It shares the classes of terms with the rules, and no other code.

Two facts are typed because no rewriting can produce them: Gaussian integration by parts, and that G^(-1/2) W G^(-1/2)
is independent of G and equal in law to its rotations (Muirhead 1982, Thm 3.3.3). A third holds in the limit T -> oo
alone: what drawing r of S rows adds to an error (`rules.designs.thinning`).

To add a rule, write the function, a trap for each of its conditions (a state made by hand where the condition fails:
the rule must refuse, and the checker must reject what the rule makes of it without the condition), and a line for each
way of breaking it in the tests. If the rule averages over designs, tell `checker.replay` so. To add a family, give it
its attributes in `families` and its value in `checker.values`.

Things that went wrong once
    Capture. A bound index is called b0, b1, … in normal form and must never be free there; iterating over an
    `Expression` gives each monomial bound indices of its own, so that what is put in captures nothing.
    Ranges. The sum over i = 3..n less that over 3..n-1 is term n only where the second is not less than empty: every
    comparison is made for n >= start, the start of the statement it serves.
    The number and the identity. An empty word is either, so an expression knows whether it is a matrix.
    The rank. tr(X W^-1 X') is d and not the number of rows.

>>> from theory import Accumulate, linear
>>> derivation = linear.test_error(Accumulate(), design="fresh").derivation
>>> print(derivation.steps[6].statement)
\delta_n = \sum_{i=1}^{n} G_i^{-1} X_i^{\top} \varepsilon_i
>>> derivation.replay()
[]
"""
