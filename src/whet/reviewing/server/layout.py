"""The frame of every page, and the answers that are no page of their own."""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from whet.reporting.markup import Child, Html, element

CSS, JS = "/assets/review.css", "/assets/review.js"


def page(
    title: str,
    *body: Child,
    status: int = 200,
    csrf: str | None = None,
    kind: str = "plain",
    refresh: str | None = None,
    also: str | None = None,
) -> HTMLResponse:
    """A whole page.

    Args:
        title: of the window.
        body: what stands in it, made by `reporting.markup.element`.
        status: of the response.
        csrf: of the session, for the script.
        kind: a class on the body, for the style and the script.
        refresh: a path of this server that the browser goes to at once.
        also: the name of a style and a script beside those of every page.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="csrf", content=csrf) if csrf else None,
        element("meta", http_equiv="refresh", content=f"0;url={refresh}") if refresh else None,
        element("title", title),
        element("link", rel="icon", href="/assets/icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href=CSS),
        element("link", rel="stylesheet", href=f"/assets/{also}.css") if also else None,
        element("script", src=JS, defer=True),
        element("script", src=f"/assets/{also}.js", defer=True) if also else None,
    )
    whole = element("html", head, element("body", *body, class_=kind), lang="en")
    return HTMLResponse(f"<!doctype html>\n{whole}\n", status)


def notice(
    title: str, *words: str, status: int = 200, link: tuple[str, str] | None = None
) -> HTMLResponse:
    """A page that only says something."""
    return page(
        title,
        element(
            "main",
            element("h1", title),
            [element("p", sentence) for sentence in words],
            element("p", element("a", link[0], href=link[1], class_="button")) if link else None,
            class_="notice",
        ),
        status=status,
    )


def hidden(**values: str | int) -> list[Html]:
    """Hidden fields of a form."""
    return [
        element("input", type="hidden", name=name, value=str(value))
        for name, value in values.items()
    ]
