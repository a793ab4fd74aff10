"""The types that openapi-typescript makes of the document, and a caller with openapi-fetch."""

import json
import shutil

from tests.support import generated

WRONG = [
    ("service_id: service,", "service: service,", "service_id"),
    ('status: "CONFIRMED",', 'status: "CONFIRMD",', "CONFIRMD"),
    ('status: ["CONFIRMED"]', 'status: ["DONE"]', "DONE"),
    ('sort: "-scheduled_at"', 'sort: "at"', '"at"'),
    ("refusal?.errors[0]?.field", "refusal?.errors[0]?.message", "message"),
    ("/tenant/{slug}/api/services", "/tenant/{slug}/api/service", "/tenant/{slug}/api/service"),
]
"""What the caller says, what a careless one says instead, and a word of the compiler about it."""


def test_the_types_and_their_caller_compile_strictly():
    assert generated.tsc(generated.typescript_client(), "--noEmit") == (0, "")


def test_callers_with_a_wrong_name_or_value_do_not_compile(tmp_path):
    project = tmp_path / "project"
    shutil.copytree(generated.typescript_client(), project, symlinks=True)
    settings = json.loads((project / "tsconfig.json").read_text())
    caller = (project / "book.ts").read_text()
    for place, (right, wrong, _) in enumerate(WRONG):
        assert caller.count(right) == 1
        (project / f"wrong_{place}.ts").write_text(caller.replace(right, wrong))
    files = ["book.ts", *(f"wrong_{place}.ts" for place in range(len(WRONG)))]
    (project / "tsconfig.json").write_text(json.dumps(settings | {"files": files}))

    _, told = generated.tsc(project, "--noEmit", "--pretty", "false")

    assert "\nbook.ts" not in f"\n{told}"
    for place, (*_, said) in enumerate(WRONG):
        complaints = [line for line in told.splitlines() if line.startswith(f"wrong_{place}.ts")]
        assert complaints != [], told
        assert any(said in line for line in told.split(f"wrong_{place}.ts")[1:]), told
