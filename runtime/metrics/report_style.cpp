// SPDX-License-Identifier: Apache-2.0
#include "runtime/metrics/report_page.hpp"

namespace troupe::metrics {

const char* const report_style = R"css(
:root{color-scheme:light dark;--bg:#f6f5f2;--card:#fff;--ink:#1c1b19;--soft:#6a675f;--rule:#e3e0d8;--grid:#eceae4;
--c1:#1f5fd0;--c2:#c2560c;--c3:#0c7d6c;--c4:#7a45c9;--good:#17743a;--good-bg:#e5f4ea;--bad:#b3261e;--bad-bg:#fbeae8;
--mute:#6a675f;--mute-bg:#eeece6;--sans:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
@media(prefers-color-scheme:dark){:root{--bg:#141416;--card:#1d1d21;--ink:#eceae6;--soft:#a09d96;--rule:#33333a;
--grid:#2a2a30;--c1:#7aa7ff;--c2:#f7994f;--c3:#3fcab2;--c4:#b899f5;--good:#6fd397;--good-bg:#17331f;--bad:#ff8f86;
--bad-bg:#3d1c1a;--mute:#a09d96;--mute-bg:#2b2b30}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 var(--sans)}
main{max-width:1080px;margin:0 auto;padding:36px 20px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:18px;margin:40px 0 4px;letter-spacing:-.005em}
h3{font-size:14px;margin:0;font-weight:600}
p{margin:0 0 12px}
.lead,.note{color:var(--soft);max-width:72ch}
.card{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:16px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0 0;padding:0}
.figures div{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:12px 16px}
.figures dt{color:var(--soft);font-size:13px}
.figures dd{margin:2px 0 0;font-size:24px;line-height:1.25;font-weight:600;font-variant-numeric:tabular-nums}
.figures small{display:block;font-size:12.5px;font-weight:400;color:var(--soft)}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:14px;margin-top:12px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg.narrow{display:none}
.pair svg.wide{display:none}
.pair svg.narrow{display:block}
.grid{stroke:var(--grid)}.band{stroke:var(--rule);stroke-dasharray:2 3}
.tick,.stage{font:11.5px var(--sans);fill:var(--soft);font-variant-numeric:tabular-nums}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.line.thin{stroke-width:1.2;opacity:.75}.line.thick{stroke-width:3;stroke-linejoin:miter;stroke-linecap:butt}
.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}.s4{stroke:var(--c4)}
.dot{stroke:none}.dot.s1{fill:var(--c1)}.dot.s2{fill:var(--c2)}.dot.s3{fill:var(--c3)}.dot.s4{fill:var(--c4)}
.hover .dot{opacity:0}.hover .dot:hover{opacity:1}
.level{font:600 13px var(--sans);paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.t1{fill:var(--c1)}.t2{fill:var(--c2)}.t3{fill:var(--c3)}.t4{fill:var(--c4)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:6px 0 8px;font-size:13px;color:var(--soft)}
.key{display:inline-block;width:16px;height:4px;border-radius:2px;margin-right:7px;vertical-align:middle}
.key.thin{height:0;width:16px;border-top:2px dotted;background:none!important}
.k1{background:var(--c1);color:var(--c1)}.k2{background:var(--c2);color:var(--c2)}.k3{background:var(--c3);color:var(--c3)}
.k4{background:var(--c4);color:var(--c4)}.k5{background:var(--soft)}.k6{background:var(--rule)}
.stages{display:flex;flex-wrap:wrap;gap:2px 16px;margin:10px 0 0;padding:0;list-style:none;font-size:13px;color:var(--soft)}
.stages b{color:var(--ink);font-weight:600}
.stack{display:flex;height:18px;border-radius:5px;overflow:hidden;background:var(--grid);gap:2px;margin:6px 0 8px}
.stack i{display:block;min-width:2px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 10px 5px 0;border-bottom:1px solid var(--rule);font-weight:400}
th{color:var(--soft);font-size:13px}td.m{width:34%}td.n,th.n{text-align:right}
.meter{background:var(--grid);border-radius:5px;height:10px;min-width:80px}
.meter i{display:block;height:10px;border-radius:5px;background:var(--c1)}
.problem{margin-top:14px}
.problem>header{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;margin-bottom:10px}
.problem code,.answer pre{font:13px/1.5 var(--mono);white-space:pre-wrap;overflow-wrap:anywhere}
.answers{display:grid;gap:8px}
.answer{display:grid;grid-template-columns:160px 108px 1fr;gap:4px 12px;align-items:start;border-top:1px solid var(--rule);
padding-top:8px}
.answer pre{margin:0}.answer .by{font-size:13px;color:var(--soft);overflow-wrap:anywhere}
.mark{display:inline-block;border-radius:999px;padding:1px 10px;font-size:12.5px;font-weight:600;white-space:nowrap;
justify-self:start}
.correct{color:var(--good);background:var(--good-bg)}.incorrect{color:var(--bad);background:var(--bad-bg)}
.undecided{color:var(--mute);background:var(--mute-bg)}
details{margin-top:28px}summary{cursor:pointer;font-weight:600}
details pre{font:12.5px/1.5 var(--mono);overflow-x:auto}
footer{margin-top:36px;color:var(--soft);font-size:13px}
@media(max-width:640px){main{padding:22px 14px 48px}.card{padding:12px}svg.wide{display:none}svg.narrow{display:block}
.m{display:none}.answer{grid-template-columns:1fr auto}.answer pre{grid-column:1/-1}h1{font-size:22px}
.figures{grid-template-columns:1fr 1fr;gap:8px}.figures div{padding:10px 12px}.figures dd{font-size:20px}}
@media print{body{background:#fff}.card,.figures div{break-inside:avoid}}
)css";

} // namespace troupe::metrics
