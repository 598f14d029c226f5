// How a report looks: in its one file, by day and by night, on paper too.

export const REPORT_STYLE = `
:root { color-scheme: light dark; --page: #f5f6f4; --surface: #fff; --ink: #1a1f1c; --muted: #586059; --line: #d5dad4;
  --accent: #12664f; --bar: #2f8a6f; --wrong: #b0452c; --danger: #a3260f; }
@media (prefers-color-scheme: dark) { :root { --page: #111413; --surface: #1a1e1c; --ink: #e9edea; --muted: #9fa9a3;
  --line: #2d3431; --accent: #7fd6b8; --bar: #58b898; --wrong: #e0836c; --danger: #ff9f8a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 2rem 1.25rem; background: var(--page); color: var(--ink);
  font: 16px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
h1 { margin: 0 0 0.3rem; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 2rem 0 0.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: 1.2rem; }
h3 { margin: 1.5rem 0 0.4rem; font-size: 1rem; }
p { margin: 0 0 0.6rem; max-width: 46rem; }
.figure { font-size: 1.4rem; font-weight: 650; }
.hint, .file, .by { color: var(--muted); font-size: 0.8125rem; }
.by { display: block; }
code { font-size: 0.8125rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.875rem; }
th, td { padding: 0.3rem 1.25rem 0.3rem 0; border-bottom: 1px solid var(--line); font-weight: 400; text-align: left;
  vertical-align: baseline; }
thead th { color: var(--muted); }
.right, .wrong { white-space: nowrap; } .right { color: var(--accent); } .wrong { color: var(--danger); font-weight: 600; }
.photos { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: 1.25rem; padding: 0;
  list-style: none; }
.photos li { padding: 0.75rem; border-radius: 8px; background: var(--surface); break-inside: avoid; font-size: 0.9375rem; }
.photos.pairs { grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); }
.answers { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 0.75rem; }
.photos img { display: block; width: 100%; height: auto; aspect-ratio: 1; margin-bottom: 0.4rem; border-radius: 6px; }
.photos p { margin: 0 0 0.3rem; }
.shares-chart { display: block; width: 100%; max-width: 28rem; margin: 0.75rem 0; font-size: 12px; }
.shares-chart text { fill: var(--ink); } .shares-chart :is(.bar-name, .even-name) { fill: var(--muted); }
.shares-chart .bar-title { font-weight: 600; }
.shares-chart .bar { fill: var(--bar); } .shares-chart .bar.wrong { fill: var(--wrong); }
.shares-chart .even { stroke: var(--ink); stroke-dasharray: 3 3; }
footer { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.875rem; }
@media print { body { padding: 0; } .photos li { padding: 0.25rem; } }
`;
