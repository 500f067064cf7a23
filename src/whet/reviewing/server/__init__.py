"""A small web server for people who judge: links, sessions, headers, limits, one page layout.

It knows nothing of what is judged. `app.create_app` takes a router with the pages, and whoever
knows the raters:

    router = APIRouter()

    @router.get("/work")
    def work(visitor: Annotated[Visitor, Depends(visitor)]) -> HTMLResponse:
        return page("Work", element("p", "Hello ", visitor.rater.id))

    app = create_app(router, roll, Settings(secret=secret, home="/work"))
    serve(app, host="127.0.0.1", port=8700)

Every route of the router needs a session; a POST needs the session's `csrf` too, in the form or in
the header `x-csrf-token`. Text of data and models goes through `reporting.markup.element` alone.
"""
