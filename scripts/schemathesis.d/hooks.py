"""What schemathesis cannot know of a document: who may call, and how our own formats look."""

import os

import schemathesis
from hypothesis import strategies as st

# Our services call each other with tokens of their own; everything else is open to the owner.
INTERNAL = "^/(internal/|revocations)"


class Bearer:
    def __init__(self, variable):
        self.token = os.environ[variable]

    def get(self, case, context):
        return self.token

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.auth().apply_to(path_regex=INTERNAL)
class Service(Bearer):
    def __init__(self):
        super().__init__("SERVICE_TOKEN")


@schemathesis.auth().skip_for(path_regex=INTERNAL)
class Owner(Bearer):
    def __init__(self):
        super().__init__("ADMIN_TOKEN")


def check_digit(digits):
    total = sum(digit * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1)))
    return (total * 10) % 11 % 10


def cpf(nine):
    digits = list(nine)
    digits.append(check_digit(digits))
    digits.append(check_digit(digits))
    return "".join(map(str, digits))


nines = st.lists(st.integers(0, 9), min_size=9, max_size=9).filter(lambda nine: len(set(nine)) > 1)
schemathesis.openapi.format("cpf", nines.map(cpf))

letters = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20)
schemathesis.openapi.format("email", st.builds("{}@{}.example.com".format, letters, letters))
