"""What a checker says of a proof that does not follow."""


class Unsound(ValueError):
    """A step of a certificate does not follow."""
