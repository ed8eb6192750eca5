"""The lemmas' statements in LaTeX, with what proves each."""

from ..summary import docstring
from .lemmas import (
    HarmonicLog,
    Lemma,
    LogBound,
    LogRatio,
    PowerBound,
    RootBound,
    TailBound,
    Telescoping,
    Termwise,
    ZetaTail,
)
from .powers import (
    AsExponential,
    Bernoulli,
    ExponentBound,
    ExpTangent,
    Geometric,
    Inside,
    InsideRoot,
    PowerRatio,
    Square,
)
from .products import ProductBound, ProductSum
from .series import HarmonicPower, HarmonicRises, SeriesTail, ZetaBound

_STATEMENTS: dict[type[Lemma], str] = {
    ZetaTail: r"For $p \ge 2$, $\sum_{i=1}^{n} i^{-p} = \zeta(p) - \sum_{i=n+1}^{\infty} i^{-p}$, by definition.",
    TailBound: (
        r"If $v(k) \to 0$ for $k \to \infty$ and $v(k) - v(k + 1) \le t(k + 1)$ for all $k \ge n$, then"
        r" $\sum_{i=n+1}^{\infty} t(i) \ge v(n)$: add up. With $\ge$ in the condition, $\le$ in the conclusion."
    ),
    Termwise: (
        r"If $t(i) \ge s(i)$ for all $i \ge 1$, then $\sum_{i=1}^{n} t(i) \ge \sum_{i=1}^{n} s(i)$. If it holds for"
        r" $i \ge 2$ alone, $t(1) - s(1)$ is added on the right."
    ),
    Telescoping: (
        r"If $t(k + 1) \ge v(k + 1) - v(k)$ for all $k \ge N$, then"
        r" $\sum_{i=1}^{n} t(i) \ge \sum_{i=1}^{N} t(i) + v(n) - v(N)$ for all $n \ge N$: add up."
    ),
    ProductBound: (
        r"If $f(k) \ge 0$ and $v(k + 1) \le f(k + 1) v(k)$ for all $k \ge N$, $v(N) > 0$ and"
        r" $\prod_{i=1}^{N} f(i) \ge 0$, then $\prod_{i=1}^{n} f(i) \ge \frac{v(n)}{v(N)} \prod_{i=1}^{N} f(i)$ for all"
        r" $n \ge N$: by induction. With $\ge$ between $v$ and $f$, $\le$ in the conclusion."
    ),
    ProductSum: (
        r"If $f(i) \ge 1$ for all $i \ge 1$, or $0 \le f(i) \le 1$ for all, then"
        r" $\prod_{i=1}^{n} f(i) \ge 1 + \sum_{i=1}^{n} (f(i) - 1)$: by induction. If $f(i) \ge 0$, then"
        r" $\prod_{i=1}^{n} f(i) \le \exp \sum_{i=1}^{n} (f(i) - 1)$, since $1 + x \le e^x$."
    ),
    HarmonicLog: (
        r"For $x > 0$, $H_x$ is more than $\log x + \gamma + \frac{1}{2x} - \sum_{j=1}^{k} \frac{B_{2j}}{2j x^{2j}}$"
        r" for odd $k$, and less for even $k$ (DLMF 5.11.2: the error has the sign of the first term left out)."
    ),
    LogRatio: (
        r"For $t \ge 0$, $\frac{2t}{2 + t} \le \log(1 + t) \le \frac{t(6 + t)}{6 + 4t}$ (Pad\'e): equal at $0$, and the"
        r" derivatives are in this order. Here $x = y(1 + t)$ or $y = x(1 + t)$."
    ),
    LogBound: (
        r"$\log x \ge \log c$ for $x \ge c > 0$. For $x, c > 0$ and $k \ge 1$,"
        r" $\log x = k \log x^{1/k} \le k \log c + k (x^{1/k}/c - 1)$: the tangent of the logarithm."
    ),
    RootBound: (
        r"For $0 < e < 1$, $x, c > 0$ and $t = x/c^{1/e}$, $\frac{c t}{1 + (1 - e)(t - 1)} \le x^e \le c(1 + e(t - 1))$"
        r" (Bernoulli). If $x \ge c^{1/e}$, also $x^e \ge c$."
    ),
    PowerBound: (
        r"For $b > 0$ and $s$ linear in $n$, $b^{s(n)}$ is at least its first value if it grows, and between $0$ and"
        r" its first value if it does not."
    ),
    ExpTangent: (
        r"For $b > 0$ and $t = (e - c) \log b$, $b^e \ge b^c (1 + t)$, and $b^e \le b^c/(1 - t)$ where $t < 1$: the"
        r" tangent of the exponential (DLMF 4.5.2, 4.5.3)."
    ),
    ExponentBound: (
        r"For $b \ge 1$, $b^e$ rises with $e$; for $0 \le b \le 1$ it falls, for $e \ge 0$ where $b$ may be $0$."
    ),
    Inside: (
        r"For $b \ge 1$ and $e = p + q x$ with $q \ge 0$, an estimate of $x$ gives one of $b^e$ from the same side."
    ),
    InsideRoot: (
        r"For $e > 0$, $x^e$ rises with $x \ge 0$; where $x = p + q y$ with $q \ge 0$, an estimate of $y$ gives one of"
        r" $x^e$ from the same side. That $x \ge 0$ is seen from an estimate of $y$ from below."
    ),
    AsExponential: (
        r"For $b > 0$ and $e \ge 0$, $\exp(e (1 - 1/b)) \le b^e \le \exp(e (b - 1))$, since"
        r" $1 - 1/b \le \log b \le b - 1$."
    ),
    PowerRatio: r"For $b, c > 0$, $b^e = c^e (b/c)^e$.",
    Bernoulli: (
        r"For $x \ge 0$ and $c > 0$, $x^e \ge c^e (1 + e(x/c - 1))$ where $e \ge 1$, and $\le$ where $0 \le e \le 1$"
        r" (Bernoulli)."
    ),
    Geometric: (
        r"For $e$ linear in $n$ with slope $s$ and $b^s \ge q > 0$, $b^{e(n)} = b^{e(N)} (b^s)^{n - N} \ge b^{e(N)}"
        r" q^{n - N}$ for all $n \ge N$; where $0 < b^s \le q$, $\le$."
    ),
    Square: r"$0 \ge -w r^2$ for a weight $w \ge 0$: what is $\ge 0$ without a square is so with it.",
    SeriesTail: (
        r"A sum over $i = 1..n$ is its series less the tail; the series of terms $c/(i + a)^p$ with $a > -1$ are"
        r" $c\, \zeta(p, 1 + a)$ for $p \ge 2$ and together $-\sum c\, \psi(1 + a)$ for $p = 1$, where these $c$ add up"
        r" to $0$ (DLMF 5.7.6, 25.11.1)."
    ),
    HarmonicPower: (
        r"$x^{-p}$ falls, so that $\int_{N+1}^{n+1} x^{-p} dx \le \sum_{i=N+1}^{n} i^{-p} \le \int_{N}^{n} x^{-p} dx$;"
        r" for $p > 1$ also with $n = \infty$, and for any real $n > 0$ then."
    ),
    HarmonicRises: (
        r"For $p > 0$ and $x \ge y \ge 0$, $H_x^{(p)} \ge H_y^{(p)}$: each term of"
        r" $H_x^{(p)} = \sum_{k=1}^{\infty} (k^{-p} - (k + x)^{-p})$ rises with $x$."
    ),
    ZetaBound: (
        r"For $s > 1$, $\frac{1}{s - 1} + \frac12 \le \zeta(s) \le \frac{1}{s - 1} + 1$: $x^{-s}$ is convex and falls,"
        r" so that the sum is at least its trapezoids, and at most $1$ and the integral."
    ),
}


def statement(lemma: type[Lemma]) -> str:
    """The lemma's statement; as its docstring has it, where nothing else is written."""
    return _STATEMENTS.get(lemma) or rf"\texttt{{{_plain(' '.join(docstring(lemma).split()))}}}"


def _plain(text: str) -> str:
    """Text with LaTeX's own characters taken literally."""
    special = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "<": r"\textless{}", ">": r"\textgreater{}"}
    return "".join(special.get(each, rf"\{each}" if each in "&%$#_{}" else each) for each in text)
