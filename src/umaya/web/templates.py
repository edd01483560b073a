"""Jinja2 environments, one a language, over the templates of the web and of every service.

A template of the service `roads` is named `roads/NAME.html` and lies in `services/roads/templates`. Output is escaped
always, and an undefined name is an error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pkgutil import iter_modules

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

import umaya.services
from umaya.web.assets import Assets
from umaya.web.languages import Catalogue, iso_time, japan_date, japan_limit, japan_span, japan_time, number


def _loader() -> BaseLoader:
    services: dict[str, BaseLoader] = {}
    for module in iter_modules(umaya.services.__path__):
        try:
            services[module.name] = PackageLoader(f"umaya.services.{module.name}")
        except ValueError:  # a service without templates
            continue
    return ChoiceLoader([PackageLoader("umaya.web"), PrefixLoader(services)])


def in_language(words: Mapping[str, str] | object, language: str) -> str:
    """Return the text of a bilingual pair: a mapping or an object with `ja` and `en`."""
    return str(words[language] if isinstance(words, Mapping) else getattr(words, language))


def json_block(catalogue: Catalogue, *prefixes: str) -> Markup:
    """Return the texts for a script as a JSON data block: data, so a strict Content-Security-Policy lets it stand."""
    text = json.dumps(catalogue.starting_with(*prefixes), ensure_ascii=False)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" id="words">{safe}</script>')  # noqa: S704 - escaped just above


def environments(catalogues: Mapping[str, Catalogue], assets: Assets) -> dict[str, Environment]:
    """Return the environment of each language."""
    loader = _loader()
    return {language: _environment(loader, catalogue, assets) for language, catalogue in catalogues.items()}


def _environment(loader: BaseLoader, catalogue: Catalogue, assets: Assets) -> Environment:
    language = catalogue.language
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined] # added by the i18n extension
        catalogue.gettext, catalogue.ngettext, newstyle=True
    )
    environment.globals.update(
        language=language,
        asset=assets.url,
        front_end_built=assets.built,
        words_for_script=lambda *prefixes: json_block(catalogue, *prefixes),
    )
    environment.filters.update(
        japan_time=lambda moment: japan_time(moment, language),
        japan_span=lambda window: japan_span(window[0], window[1], language),
        japan_date=lambda day: japan_date(day, language),
        japan_limit=lambda moment: japan_limit(moment, language),
        iso_time=iso_time,
        number=lambda value: number(value, language),
        in_language=lambda words: in_language(words, language),
    )
    return environment
