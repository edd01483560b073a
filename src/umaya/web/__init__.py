"""The web of Umaya: design system, layout, languages, and the hub's own pages.

Renders and asks; decides nothing. Who may do what is the gate's word, and every page that shows a refusal says the
reason in words and what the person can do next. Templates of a service live in the service (`services/NAME/templates`)
and are found here; their words are in the catalogues of this room, so that one test sees all of them.
"""
