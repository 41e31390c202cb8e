"""A plan as JSON: what the command prints and the API answers. Others script against it."""

from typing import Any

from attendees.roster.problems import Finding
from attendees.roster.steps import Plan


def told(plan: Plan) -> dict[str, Any]:
    """The import, row by row, with what is wrong and how many of each."""
    return {
        "rows": [
            {
                "line": row.line,
                "state": state.value,
                "code": row.code,
                "email": row.email,
                "firstname": row.firstname,
                "lastname": row.lastname,
                "external_id": row.external_id,
            }
            for state, row in plan.rows()
        ],
        "errors": [found(finding) for finding in plan.findings],
        "warnings": [found(warning) for warning in plan.warnings],
        "summary": plan.counts,
    }


def found(finding: Finding) -> dict[str, Any]:
    return {
        "line": finding.line,
        "column": finding.column,
        "problem": finding.problem.value,
        "message": finding.message,
    }
