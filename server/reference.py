"""The API reference at /reference/, once `make reference` has built it."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parents[1] / "build" / "reference"
MISSING = "The reference has not been built on this machine: `make reference` builds it."


async def answer(request: Request) -> Response:
    """A file of the reference. HTTPException 404 when it has no such file."""
    if not FOLDER.is_dir():
        return PlainTextResponse(MISSING, status_code=404)
    return await StaticFiles(directory=FOLDER, html=True).get_response(request.path_params["file"], request.scope)


def to_folder(_request: Request) -> RedirectResponse:
    """The address with the slash at its end, relative, because a proxy may have removed the path's beginning."""
    return RedirectResponse("reference/")


def routes() -> list[Route]:
    """The reference's routes, under any base path."""
    return [route for base in ("", "/{base:path}")
            for route in (Route(f"{base}/reference", to_folder), Route(f"{base}/reference/{{file:path}}", answer))]
