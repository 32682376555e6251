/** Everything the page needs, in the page: it is mailed around and opened years later. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c2530; --soft: #5b6876; --line: #dfe4ea; --paper: #f6f7f9; --card: #ffffff;
  --good: #1a7f4b; --good-soft: #e2f4ea; --warn: #9a5b00; --warn-soft: #fdf0d9; --bad: #b3261e; --bad-soft: #fbe4e2;
  --moved: #2f7fd1; --there: #7fb4e8; --cannot: #b3261e; --failed: #e08a00; --doubt: #8e63c7; --come: #b9c3ce; --excluded: #8d99a6; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaef; --soft: #9aa7b5; --line: #2d3742; --paper: #12171d; --card: #1a2129;
  --good: #62d394; --good-soft: #14301f; --warn: #f0b352; --warn-soft: #33260c; --bad: #ff8a80; --bad-soft: #3a1a18;
  --moved: #4a9be8; --there: #2f659c; --cannot: #ff8a80; --failed: #f0b352; --doubt: #b794f0; --come: #46525f; --excluded: #6b7885; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 4px 24px; color: var(--soft); font-size: 13px; }
header h1 { margin: 0; font-size: 15px; font-weight: 600; color: var(--ink); }
h2 { margin: 40px 0 12px; font-size: 17px; }
p { margin: 0 0 12px; } .soft { color: var(--soft); }
.verdict { margin: 20px 0; padding: 20px 24px; border-radius: 10px; border-left: 6px solid; font-size: 19px; }
.verdict b { display: block; font-size: 13px; letter-spacing: .06em; }
.complete { background: var(--good-soft); border-color: var(--good); } .complete b { color: var(--good); }
.incomplete { background: var(--warn-soft); border-color: var(--warn); } .incomplete b { color: var(--warn); }
.not-begun { background: var(--card); border-color: var(--come); }
.numbers { display: grid; grid-template-columns: repeat(6, 1fr); gap: 12px; margin: 0; }
.numbers div { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.numbers dt { color: var(--soft); font-size: 12px; } .numbers dd { margin: 2px 0 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.numbers dd.long { font-size: 15px; line-height: 1.35; padding-top: 5px; } .numbers small { display: block; font-size: 12px; font-weight: 400; color: var(--soft); }
.bar { display: flex; height: 18px; border-radius: 9px; overflow: hidden; background: var(--line); } .bar i { display: block; min-width: 3px; }
.sum { list-style: none; display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 12px 0 0; padding: 0; font-variant-numeric: tabular-nums; }
.sum i { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 7px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th, td { padding: 9px 14px; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
tr:last-child td { border-bottom: 0; } th { font-size: 12px; font-weight: 500; color: var(--soft); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } td.wide { white-space: normal; min-width: 220px; }
td small { display: block; color: var(--soft); font-size: 12px; }
.tag { display: inline-block; padding: 1px 9px; border-radius: 9px; font-size: 12px; }
.ok { background: var(--good-soft); color: var(--good); } .waiting, .needs { background: var(--warn-soft); color: var(--warn); } .failed { background: var(--bad-soft); color: var(--bad); }
details { background: var(--card); border: 1px solid var(--line); border-radius: 10px; margin-bottom: 8px; }
summary { padding: 10px 14px; cursor: pointer; } summary span { color: var(--soft); margin-left: 10px; font-size: 13px; }
details .scroll { border: 0; border-top: 1px solid var(--line); border-radius: 0 0 10px 10px; }
footer { margin-top: 48px; color: var(--soft); font-size: 13px; }
@media (max-width: 860px) { .numbers { grid-template-columns: repeat(3, 1fr); } main { padding: 20px 14px 40px; } }
@media (max-width: 480px) { .numbers { grid-template-columns: repeat(2, 1fr); } .verdict { font-size: 16px; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #ccc; --paper: #fff; --card: #fff; } main { max-width: none; padding: 0; }
  body { font-size: 11px; } .scroll { overflow: visible; } th, td { padding: 4px 8px; white-space: normal; } tr, .numbers div, .verdict { break-inside: avoid; }
  .bar i, .sum i, .tag, .verdict { print-color-adjust: exact; -webkit-print-color-adjust: exact; } details::details-content { content-visibility: visible; block-size: auto; } }
`;
