"""``dataflow-health pseudonym``: which aircraft a pseudonym stands for."""

import json

import click

from dataflow_health.cli.backend import open_ledger
from dataflow_health.cli.options import json_option, load_settings, report_errors
from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.plain_text import on_one_line
from dataflow_health.storage.queries import known_tails


@click.command()
@click.argument("names", nargs=-1, metavar="[PSEUDONYM|TAIL]...")
@json_option
@report_errors
def command(*, names: tuple[str, ...], as_json: bool) -> None:
    """Show the aircraft of each PSEUDONYM, or the pseudonym of each TAIL; all without a name.

    Needs the key that the messages and exports were made with: DATAFLOW_HEALTH_PSEUDONYM_KEY.
    """
    chosen = load_settings(quiet=True)
    if chosen.pseudonyms is None:
        raise NotAllowed("there are no pseudonyms: DATAFLOW_HEALTH_PSEUDONYM_KEY is not set")
    tails = known_tails.read(open_ledger()[1].engine)
    known = {chosen.pseudonyms.of(tail): tail for tail in tails}
    wanted = {name if name in known else chosen.pseudonyms.of(name) for name in names or known}
    if missing := sorted(wanted - known.keys()):
        raise NotFound(f"no aircraft of the ledger has the pseudonym {', '.join(missing)}")
    found = {each: known[each] for each in sorted(wanted, key=known.__getitem__)}
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo("\n".join(f"{each}  {on_one_line(tail)}" for each, tail in found.items()))
