"""Parts of a text that cancel in its expression: they need a value on the whole domain all the same."""

import pytest

import theory
from theory import check_bound
from theory.prover.arithmetic import FUNCTIONS
from theory.prover.cancelled import check_cancelled

LAW = theory.linear.test_error(theory.Replace(), design="fixed")
U = "n*sigma^2*d/(T-d-1)"


@pytest.mark.parametrize(
    "bound",
    [
        "n*sigma^2*d/(T-d-1)*(T-d-2)/(T-d-2)",
        "(log(n)+1)/((sigma^2*d)/(T-d-2))",  # found at random
        "n*sigma^2*d/(T-d-1)+((T-d-2)^(-1))^(-1)",
        "n*sigma^2*d/(T-d-1)+0/(T-d-2)",
        "n*sigma^2*d/(T-d-1)*2^(1/(n-3)-1/(n-3))",
        "n*sigma^2*d/(T-d-1)*Sum((i-9)/(i-9),(i,1,n))",
        r"\frac{n(n-2)}{n-2}*sigma^2*d/(T-d-1)",
        "n*sigma^2*d/(T-d-1)*(T-d-2)^2/(T-d-2)^2",
        "n*sigma^2*(T-d-2)/(T-d-2)",
    ],
)
def test_divisions_by_zero_that_cancel_are_refused(bound: str) -> None:
    with pytest.raises(ValueError, match="the bound divides by .*, which cancels") as refusal:
        check_bound(LAW, bound)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("zero", ["d-1", "T-2*d"])
def test_a_division_is_checked_on_every_part_of_a_domain(zero: str) -> None:
    """T >= 2 d and T >= d + 2 cross at d = 2: d = 1 is in the part before alone, T = 2 d in the part beyond."""
    with pytest.raises(ValueError, match="the bound divides by .*, which cancels"):
        check_bound(LAW, f"n*sigma^2*d/(T-d-1)*({zero})/({zero})", domain="T >= 2*d")


@pytest.mark.parametrize(
    "bound",
    [
        "n*(T-d-1)*(sigma^2*d/(T-d-1))/(T-d-1)",
        "n^2/n*sigma^2*d/(T-d-1)",
        "n*sigma^2/((T-d-1)/d)",
        "(n+1)^2/(n+1)*sigma^2*d/(T-d-1)",
        "n*sigma^2*d/(T-d-1)*(T-d)/(T-d)",
    ],
)
def test_divisions_by_what_is_never_zero_may_cancel(bound: str) -> None:
    assert check_bound(LAW, bound).verdict == "proved"


def test_where_the_domain_leaves_the_zero_out_it_may_cancel() -> None:
    bound = "n*sigma^2*d/(T-d-1)*(T-d-2)/(T-d-2)"
    assert check_bound(LAW, bound, domain="T >= d + 3").verdict == "proved"


@pytest.mark.parametrize(
    ("part", "cancels"),
    [
        ("*sqrt(T-d-3)^2/(T-d-3)", "holds sqrt(T - d - 3)"),
        ("+(sqrt(T-d-3)^2-T+d+3)*(T-d-2)", "holds sqrt(T - d - 3)"),
        ("+sqrt(n-2)^2-n+2", "holds sqrt(n - 2)"),
        (r"+\sqrt[3]{n-2}^3-n+2", "holds (n - 2)**(1/3)"),
        ("+log(n-2)-log(n-2)", "holds log(n - 2)"),
        ("*(1+0*log(T-2*d))", "holds log(-2*d + T)"),
        ("*log(sigma^2-1)^0", "holds log(sigma**2 - 1)"),
        ("+exp(log(n-2))-n+2", "holds log(n - 2)"),
        ("+ln(n-1)-ln(n-1)", "holds log(n - 1)"),
        ("+digamma(n-1)-digamma(n-1)", "holds polygamma(0, n - 1)"),
        ("+polygamma(2,n-1)*0", "holds polygamma(2, n - 1)"),
        ("+H(n-2)-H(n-2)", "holds harmonic(n - 2)"),
        ("*Sum((1+0/(i-3)),(i,1,n))/n", "divides by i - 3"),
        ("*(2-sqrt(T-d-3)^0)", "holds sqrt(T - d - 3)"),
        ("*(n-2)^(-1/2)*sqrt(n-2)", "holds"),
        ("+(n-1)^(-1/2)-(n-1)^(-1/2)+sqrt(n-1)", "holds"),  # the root has a value at 1, the division has none
        ("+sqrt(-1)^2+1", "holds sqrt(-1)"),
        ("+0*log(-1)", "holds log(-1)"),
    ],
)
def test_functions_without_a_value_that_cancel_are_refused(part: str, cancels: str) -> None:
    with pytest.raises(ValueError, match="which cancels, and is not shown to") as refusal:
        check_bound(LAW, U + part)
    assert cancels in str(refusal.value).replace("T - 2*d", "-2*d + T")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "part",
    [
        "*sqrt(T-d-2)^2/(T-d-1)*(1+1/(T-d-1))^9",
        "*sqrt(n)^2/n",
        "+log(n)-log(n)",
        "*exp(log(n+1))/n",
        "*log(n+1)^2/log(n+1)*2",
        "+0*log(T-d)",
        "*log(n+3)^0",
        "*harmonic(n)/harmonic(n)",
        "*(d-T)/(d-T)",
        "+digamma(n)-digamma(n)",
        "*sqrt((n+1)^2*(T-d))/sqrt(T-d)",
        "+sqrt((T-d-5)^2)-sqrt((T-d-5)^2)",
        "*sqrt(log(n)+1)^2",
        "*sqrt(4*log(n)+4)",
        "*(1+sqrt(2*log(n)))",
    ],
)
def test_functions_with_values_may_cancel(part: str) -> None:
    check_cancelled(U + part, LAW.task.domain)  # refuses none


def test_what_does_not_cancel_is_looked_at_later() -> None:
    with pytest.raises(ValueError, match="not real at"):
        check_bound(LAW, U + "*(2+log(n-2))")


def test_where_the_domain_leaves_it_out_a_function_may_cancel() -> None:
    assert check_bound(LAW, U + "+log(n-2)-log(n-2)", domain="n >= 3").verdict == "proved"
    with pytest.raises(ValueError, match="which cancels"):
        check_bound(LAW, U + "+log(n-2)-log(n-2)", domain="n >= 2")


def test_a_sum_begins_at_1_wherever_n_does() -> None:
    with pytest.raises(ValueError, match="the bound divides by i - 3, which cancels"):
        check_bound(LAW, U + "*Sum((1+0/(i-3)),(i,1,n))", domain="n >= 5")


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"exp", "zeta"}))  # that of any number, and of one
def test_every_function_without_a_value_is_seen_where_it_cancels(name: str) -> None:
    part = f"{name}({'1, ' if name == 'polygamma' else ''}n-9)"
    for cancelling in (f"+{part}-{part}", f"+0*{part}"):
        with pytest.raises(ValueError, match="which cancels, and is not shown to have a value"):
            check_cancelled(U + cancelling, LAW.task.domain)
    beyond = part.replace("n-9", "n+9")
    check_cancelled(f"{U}+{beyond}-{beyond}", LAW.task.domain)
