"""How the page of trends looks: one sheet for wide and narrow, light, dark and paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --ground: #ffffff; --raised: #f6f8fa; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0;
  --completed: #1a7f37; --rolled_back: #bc4c00; --killed: #a40e26; --aborted: #818b98; --observed: #818b98;
  --baking: #0969da; --waiting: #8250df; --held: #bf8700; --frozen: #2da5b8; --moving: #4ac26b;
  --preflight: #afb8c1; --going_down: #cf222e; --unseen: #57606a; --bar: #0969da; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0d1117; --raised: #161b22; --ink: #e6edf3; --faint: #9198a1; --rule: #3d444d;
  --completed: #3fb950; --rolled_back: #f0883e; --killed: #ff7b72; --aborted: #6e7681; --observed: #6e7681;
  --baking: #4493f8; --waiting: #ab7df8; --held: #d29922; --frozen: #56d4dd; --moving: #2ea043;
  --preflight: #656c76; --going_down: #f85149; --unseen: #b1bac4; --bar: #4493f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 .25rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; }
p { margin: .35rem 0; }
.faint, small { color: var(--faint); }
a { color: inherit; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--raised);
  border-radius: 4px; padding: .1em .3em; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem; margin: 1rem 0; }
.tile { background: var(--raised); border: 1px solid var(--rule); border-radius: 8px; padding: .6rem .75rem; }
.tile b { display: block; font-size: 1.35rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile span { display: block; color: var(--faint); font-size: .85rem; line-height: 1.35; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--faint); font: 12px system-ui, sans-serif; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1rem; margin: .5rem 0 0; padding: 0;
  font-size: .9rem; }
.legend i { display: inline-block; width: .75em; height: .75em; border-radius: 2px; margin-right: .4em; }
.ranked { display: grid; gap: .55rem; margin: .5rem 0; padding: 0; list-style: none; }
.ranked div { display: flex; justify-content: space-between; gap: 1rem; }
.ranked b { font-variant-numeric: tabular-nums; white-space: nowrap; }
.ranked svg { margin-top: .15rem; border-radius: 3px; background: var(--raised); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; font-variant-numeric: tabular-nums;
  overflow-wrap: normal; }
td code { overflow-wrap: anywhere; }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { color: var(--faint); font-weight: 600; }
td.n, th.n { text-align: right; white-space: nowrap; }
.n + td, .n + th { padding-left: 1.2rem; }
td:first-child, td i { white-space: nowrap; }
td i { font-style: normal; }
footer { margin-top: 3rem; color: var(--faint); font-size: .85rem; }
@media (max-width: 34rem) {
  body { padding: 1rem .8rem 2rem; }
  table.stacked thead { display: none; }
  .tiles { grid-template-columns: 1fr 1fr; }
  svg text { font-size: 22px; }
  table.stacked tr { display: block; padding: .45rem 0; border-bottom: 1px solid var(--rule); }
  table.stacked td { display: inline-block; border: 0; padding: 0 .9rem 0 0 !important;
    text-align: left; white-space: normal; }
  table.stacked td:first-child { display: block; font-weight: 600; white-space: normal; }
  table.stacked td:not(:first-child)::before { content: attr(data-of) " "; color: var(--faint); }
  table.stacked td:empty { display: none; }
}
@media print { body { max-width: none; } section { break-inside: avoid; } }
"""
