"""How many, in words: “1 person”, “2,000 people”, “3 links”."""


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"
