"""Has packages load what they re-export when it is asked for (PEP 562): ``python lazy_exports.py <package folder>...``.

Powertools' ``event_handler`` and ``data_classes`` load a class for every service of AWS, and asyncio with them, when
one is imported: a seventh of a cold start. Only an ``__init__.py`` that does nothing but re-export is rewritten.
"""

import ast
import sys
from pathlib import Path

_TAIL = """

def __getattr__(name):
    try:
        module, told = _EXPORTS[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    from importlib import import_module

    found = globals()[name] = getattr(import_module(module, __name__), told)
    return found
"""


class NotOnlyExports(Exception):
    """The package does something else too; the message says in which line."""


def main() -> None:
    for folder in sys.argv[1:]:
        source = Path(folder) / "__init__.py"
        source.write_text(rewritten(source.read_text(), _submodules(source.parent)))


def rewritten(source: str, submodules: set[str]) -> str:
    """``source`` of an ``__init__.py`` with its imports on demand.

    A name that one of ``submodules`` has too stays as it is: which of both is meant depends on who came first. Raises
    NotOnlyExports.
    """
    kept: list[str] = []
    exports: dict[str, tuple[str, str]] = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.ImportFrom) and statement.module and statement.names[0].name != "*":
            module = "." * statement.level + statement.module
            exports |= {one.asname or one.name: (module, one.name) for one in _lazy(statement, submodules)}
            statement.names = [one for one in statement.names if one not in _lazy(statement, submodules)]
            if not statement.names:
                continue
        elif not _is_text(statement) and not _is_all(statement):
            raise NotOnlyExports(f"line {statement.lineno}: {ast.unparse(statement)[:80]}")
        kept.append(ast.unparse(statement))
    return "\n\n".join([*kept, f"_EXPORTS = {exports!r}"]) + _TAIL


def _lazy(statement: ast.ImportFrom, submodules: set[str]) -> list[ast.alias]:
    return [one for one in statement.names if (one.asname or one.name) not in submodules]


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_all(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"


def _submodules(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir()} - {"__init__"}


if __name__ == "__main__":
    main()
