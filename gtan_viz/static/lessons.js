/* Holds @preact/signals-core. The MIT License (MIT)

Copyright (c) 2022-present Preact Team

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
 */
var ge="#set:";function at(e,t){let n=[...document.querySelectorAll(".gtan-lesson[data-part]")].filter(r=>t in we(r).store.state.values);return n.filter(r=>r.compareDocumentPosition(e)&Node.DOCUMENT_POSITION_FOLLOWING).
at(-1)??n[0]??null}var we=e=>e.lesson,ve=!1;function be(){let e=globalThis;ve||e.gtanSetListens||(ve=e.gtanSetListens=!0,document.addEventListener("click",t=>{let n=t.target instanceof Element?t.target.
closest("a[href]"):null,o=n?.getAttribute("href")??"";if(!(!n||!o.startsWith(ge))){t.preventDefault(),t.stopPropagation();for(let[r,s]of new URLSearchParams(o.slice(ge.length))){let i=at(n,r);if(!i)continue;
let l=Number(s);we(i).set({[r]:Number.isFinite(l)?l:s}),i.scrollIntoView({block:"nearest"})}}},!0))}function ye(e){let t=new Map(Object.entries(e)),n=new Map,o=(r,...s)=>{for(let i of[...n.get(r)??[]])i(...s)};return{get:r=>t.get(r),set(r,s){t.get(r)!==s&&(t.set(r,s),o(`change:${r}`,s),o("change"))},
on(r,s){let i=n.get(r)??new Set;n.set(r,i.add(s))},off(r=null,s=null){r===null?n.clear():s===null?n.delete(r):n.get(r)?.delete(s)},save_changes(){}}}var Rt=Object.freeze({F64:8,I64:8,U64:8,F32:4,I32:4,U32:4,F16:2,BF16:2,I16:2,U16:2,I8:1,U8:1,BOOL:1});function d(e,t={},...n){let o=document.createElement(e);for(let[r,s]of Object.entries(t))s!=null&&(r==="class"?o.className=String(s):r==="text"?o.textContent=String(s):r.startsWith("on")?o.addEventListener(
r.slice(2),s):r in o&&r!=="type"?Reflect.set(o,r,s):o.setAttribute(r,String(s)));return o.append(...n),o}function L(e,t){e.textContent!==t&&(e.textContent=t)}var Wt=globalThis.Intl?.Segmenter?new Intl.Segmenter:null;var lt=/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,re=e=>String(e).replace(lt," ");function h(e,t=3){return e==null||Number.isNaN(e)?"not a number":Number.isFinite(e)?e.toFixed(t).replace(/^-(?=[0.]*$)/,"").replace("-","−"):e>0?"∞":"−∞"}function S(e,t=2){let n=h(e,t);return Number(n)>0?`+${n}`:n}var xe=(e,t,n=`${t}s`)=>`${e} ${e===1?t:n}`;var $e="http://www.w3.org/1998/Math/MathML";function F(e,...t){let n=document.createElementNS($e,e);return n.append(...t.map(E)),n}function E(e){if(Array.isArray(e))return F("mrow",...e);if(typeof e==
"object")return e;let t=String(e).replace("-","−"),n=/^[−\d.∞]+$/.test(t)&&t!=="−"?"mn":/^[\p{L}]\w*$/u.test(t)?"mi":"mo",o=document.createElementNS($e,n);return o.textContent=t,o}var _=(e,t)=>F(
"mfrac",E(e),E(t)),J=(e,t)=>F("msub",E(e),E(t)),P=(e,t)=>F("msup",E(e),E(t)),se=e=>F("msqrt",E(e));function A(...e){let t=F("math",...e);return t.setAttribute("display","block"),t}var ct="http://www.w3.org/2000/svg";function g(e,t={},...n){let o=document.createElementNS(ct,e);for(let[r,s]of Object.entries(t))s!==void 0&&o.setAttribute(r,String(s));return o.append(...n),o}function Se(e,t){
let n=g("svg",{viewBox:`0 0 ${e} ${t}`,role:"img",class:"gl-picture",preserveAspectRatio:"xMidYMid meet"});function o(r){let s=n.getBoundingClientRect();return{x:(r.clientX-s.left)/s.width*e,y:(r.clientY-
s.top)/s.height*t}}return{root:n,width:e,height:t,placeOf:o}}function T(e,t,n,o){return Object.assign(i=>n+(i-e)/(t-e)*(o-n),{of:i=>e+(i-n)/(o-n)*(t-e),from:e,to:t,left:n,right:o})}var Oe=(e,t)=>g("pa\
th",{d:e.map(([n,o],r)=>`${r?"L":"M"}${n.toFixed(2)} ${o.toFixed(2)}`).join(""),fill:"none",...t}),k=(e,t,n,o={})=>g("text",{x:e,y:t,...o},n);function U(e,t,n,{name:o="",tell:r=String}={}){return g("g",
{class:"gl-axis"},g("line",{x1:e.left,x2:e.right,y1:t,y2:t}),...n.flatMap(s=>[g("line",{x1:e(s),x2:e(s),y1:t,y2:t+4}),k(e(s),t+16,r(s),{"text-anchor":"middle"})]),k((e.left+e.right)/2,t+32,o,{"text-an\
chor":"middle"}))}function Y(e,{key:t,name:n,x:o,y:r,value:s,min:i,max:l,step:a,text:f,...c}){let{to:u,valueAt:p,vertical:m=!1}=c,w=s,pe=N=>u(w=Math.min(l,Math.max(i,N))),oe=g("circle",{cx:o,cy:r,r:8,
class:"gl-handle",tabindex:0,role:"slider","data-key":t,"aria-label":n,"aria-valuemin":i,"aria-valuemax":l,"aria-valuenow":Number(s.toPrecision(6)),"aria-valuetext":f,"aria-orientation":m?"vertical":"\
horizontal"});return oe.addEventListener("keydown",N=>{let $={ArrowRight:1,ArrowUp:1,ArrowLeft:-1,ArrowDown:-1,PageUp:10,PageDown:-10}[N.key];$!==void 0&&(N.preventDefault(),N.stopPropagation(),pe(w+$*
a))}),oe.addEventListener("pointerdown",N=>{N.preventDefault();let $=e.root;$.setPointerCapture(N.pointerId);let me=it=>pe(p(e.placeOf(it))),G=()=>{$.removeEventListener("pointermove",me),$.removeEventListener(
"pointerup",G),$.removeEventListener("pointercancel",G)};$.addEventListener("pointermove",me),$.addEventListener("pointerup",G),$.addEventListener("pointercancel",G),$.querySelector(`[data-key="${t}"]`)?.
focus()}),oe}function Me({root:e},t){let n=e.getRootNode()instanceof Document?document.activeElement:null,o=n&&e.contains(n)?n.getAttribute("data-key"):null;e.replaceChildren(...t),o&&e.querySelector(
`[data-key="${o}"]`)?.focus()}var[ie,ft]=[460,350],[Ae,ae,V]=[16,24,304],y=({tables:e},t)=>e.find(n=>n.key===t)??e[0],x=(e,t=1)=>S(e===null?null:100*e,t),W=({differenceLow:e,differenceHigh:t})=>(e??-1)>0?1:(t??1)<0?-1:0,ke=({differenceLow:e,
differenceHigh:t},n)=>(e??0)<=n&&n<=(t??0),ut=(e,t)=>!e.seedRange||!t.seedRange||e.seedRange[0]<=t.seedRange[1]&&t.seedRange[0]<=e.seedRange[1],O=({rows:e})=>e.filter(({difference:t})=>t!==null),R=e=>y(
e,"table3").rows[2],Ne={title:"What was measured, and how surely",values:{table:"table3",view:"differences",claim:1},controls:[{name:"table",label:"Table",choices:[["table3","Table 3"],["pooling","In \
smaller steps"],["table4","Table 4: long actions"],["figure7","Figure 7: layers"],["world","Small world"],["world_E1","Small world, with derivatives"]]},{name:"view",label:"Show",choices:[["difference\
s","differences"],["scores","the scores themselves"]]},{name:"claim",label:"A claimed gain",unit:"points",min:-3,max:10,step:.1,off:({view:e})=>e==="scores"}],size:[ie,ft],draw(e,t,n,o){let r=y(n,t.table),
s=t.view==="scores",i=s?r.rows:O(r),l=Math.min(58,(V-ae)/i.length),a=s?T(.6,1,Ae,ie-24):T(-3,10,Ae,ie-24);return[...s?[]:mt(e,a,t.claim,o),...i.map((f,c)=>{let u=ae+l*(c+.5);return g("g",{},...dt(f,u,
s),...(s?ht:pt)(f,a,u+7))}),U(a,V,s?[.6,.7,.8,.9,1]:[-2,0,2,4,6,8,10],{name:s?"average mAP (the axis begins at 0.6)":"points of average mAP",tell:f=>s?h(f,1):h(f,0)})]},says({table:e,view:t,claim:n},o){
let r=y(o,e),s=`${r.title}, ${r.data}.`;if(t==="scores")return`${s} ${vt(r)}`;let i=O(r).filter(c=>ke(c,n/100)).length,l=O(r).map(c=>`${c.name}: ${x(c.difference)} points${gt(c,r)}.`),a=O(r).filter(({
differenceLow:c})=>c!==null).length,f=a?`A gain of ${h(n,1)} is allowed by ${i} of ${xe(a,"interval")}.`:"No interval of these differences was measured, so that no claim can be judged by one.";return`${s}\
 ${l.join(" ")} ${f}`},equations({table:e},t){let n=O(y(t,e)).at(-1),o=y(t,e).rows.find(({name:r})=>r===n?.against);return!n||!o?[]:[A("d","=","mAP","(","with",")","-","mAP","(","without",")"),A("d","\
=",h(n.value,3),"-",h(o.value,3),"=",S(n.difference,3))]},questions:[{id:"vote",predict:!0,ask:"The paper finds a gain from grouping on both of its data sets. Here the same was trained on SBHAR, a pho\
ne's motion sensors, three times over. Your vote: what did grouping bring there?",choices:()=>["it did harm, for sure","nothing that can be told from zero","it helped, for sure"],answer:(e,t)=>W(R(t))+
1,hint:()=>"“For sure” would mean that the whole interval lies on one side of zero.",because:(e,t,n)=>{let o=R(n);return`${x(o.difference)} points, and the interval, ${x(o.differenceLow)} to ${x(o.
differenceHigh)}, holds zero. It says neither that grouping helps nor that it does nothing: it says how large its effect may be.`}},{id:"largest",ask:"Table 3 on SBHAR: what is the largest gain from g\
rouping that the interval still allows?",unit:"points",answer:(e,t)=>100*(R(t).differenceHigh??0),tolerance:.15,hint:(e,t)=>`${h(e,1)} lies ${e>t?"beyond":"short of"} the right end of the lower line. \
Drag the claim until it just leaves the line.`,because:(e,t,n)=>`${h(e,1)} points. On the other side a loss of ${h(-100*(R(n).differenceLow??0),1)} is allowed as well.`},{id:"paper",ask:"On THUMOS14 t\
he paper's grouping brings 1.1 points (38.2 against 37.1). Does SBHAR's interval allow a gain that large?",choices:()=>["yes","no"],answer:(e,t)=>ke(R(t),je(t))?0:1,hint:()=>"Set the claim to 1.1 and \
look whether the dashed line crosses the lower line.",because:(e,t,n)=>`It ends at ${x(R(n).differenceHigh)}. So on this data a gain of ${h(100*je(n),1)} would be surprising. Of THUMOS14 it says nothi\
ng: those are other recordings, longer, and another measure.`},{id:"step",ask:"“In smaller steps”: which of these steps helped, so that its interval leaves zero out?",choices:(e,t)=>O(y(t,"pooling")).
map(n=>`${n.name}`),answer:(e,t)=>O(y(t,"pooling")).findIndex(n=>W(n)>0),hint:(e,t,n,o)=>{let r=O(y(o,"pooling"))[e];return`“${r.name}” goes from ${x(r.differenceLow)} to ${x(r.differenceHigh)}: z\
ero is in it.`},because:(e,t,n)=>{let o=O(y(n,"pooling"))[e];return`${x(o.difference)} points (${x(o.differenceLow)} to ${x(o.differenceHigh)}) against “${o.against}”. What pays is pooling under the\
 learned Gaussian, more than the width alone.`}},{id:"layers",ask:"Figure 7: at how many of its five numbers of layers does GTAN's lead over SSAD leave zero out?",answer:(e,t)=>O(y(t,"figure7")).filter(
n=>W(n)>0).length,tolerance:0,hint:()=>"Count the lines that lie wholly to the right of zero; one of them ends just before it.",because:(e,t,n)=>`${e} of ${O(y(n,"figure7")).length}. And each was trai\
ned once only: these intervals tell what other recordings would change, not what another seed would.`}]};function je(e){let[,t,n]=y(e,"table3").rows;return Math.round(10*((n.paper??0)-(t.paper??0)))/1e3}
function dt(e,t,n){let o=n?e.name:`${e.name}, against ${e.against}`;return[k(4,t-6,o)]}function ht({value:e,low:t,high:n,seedRange:o},r,s){return[...Le(r(t),r(n),s,"gl-told"),...o?[g("line",{x1:r(o[0]),
x2:r(o[1]),y1:s,y2:s,class:"gl-seeds"})]:[],g("circle",{cx:r(e),cy:s,r:4,class:"gl-dot"})]}function pt(e,t,n){let{difference:o,differenceLow:r,differenceHigh:s}=e,i=W(e)!==0,l=t(100*(o??0)),a=[g("circ\
le",{cx:l,cy:n,r:5,class:i?"gl-dot":"gl-dot gl-open"})];return r===null||s===null?a:[...Le(t(100*r),t(100*s),n,i?"gl-told":"gl-untold"),...a]}var Le=(e,t,n,o)=>[g("line",{x1:e,x2:t,y1:n,y2:n,class:`gl\
-interval ${o}`}),...[e,t].map(r=>g("line",{x1:r,x2:r,y1:n-5,y2:n+5,class:`gl-interval ${o}`}))];function mt(e,t,n,o){return[g("line",{x1:t(0),x2:t(0),y1:ae,y2:V,class:"gl-zero"}),g("line",{x1:t(n),x2:t(
n),y1:10,y2:V,class:"gl-claim"}),Y(e,{key:"claim",name:"Claimed gain",x:t(n),y:10,value:n,min:-3,max:10,step:.1,text:`${h(n,1)} points`,to:r=>o({claim:Math.round(10*r)/10}),valueAt:r=>t.of(r.x)})]}function gt(e,{
rows:t}){if(e.differenceLow===null){let o=t.find(({name:r})=>r===e.against);return o&&ut(e,o)?" (its seeds lie among those of the row before)":" (every seed above every seed of the row before)"}let n=[
"less than nothing","not told from zero","more than nothing"][W(e)+1];return` (${x(e.differenceLow)} to ${x(e.differenceHigh)}): ${n}`}function vt({rows:e}){let[t,n]=[Math.max(...e.map(r=>r.low)),Math.
min(...e.map(r=>r.high))],o=e.reduce((r,s)=>s.value>r.value?s:r);return`Highest: ${o.name}, ${h(o.value,3)}. `+(t<=n?"All thin lines (95 %, other recordings) overlap: a hard recording is hard for ever\
y row. So compare differences, recording by recording. ":"Not all thin lines (95 %, other recordings) overlap. ")+(e[0].seedRange?"Thick lines: the seeds.":"One seed only.")}function Ee(e,t,n,o=null){let r=new Float64Array(n),s=2*t*t,i=-1/0;for(let a=0;a<n;a++){if(o&&!o[a])continue;let f=(a+.5)/n-e;r[a]=-(f*f)/s,r[a]>i&&(i=r[a])}let l=0;for(let a=0;a<n;a++)o&&!o[a]||(r[a]=
Math.exp(r[a]-i),l+=r[a]);if(l>0)for(let a=0;a<n;a++)r[a]/=l;return r}var M=9,[_e,wt]=[640,250],le=190,H=({center:e,sigma:t})=>Ee(e/M,t/M,M);function bt(){let[e,t]=[.2,4];for(let n=0;n<50;n++){let o=(e+t)/2;H({center:M/2,sigma:o})[4]>.5?e=o:t=o}return e}var Pe={title:"O\
ne kernel over nine cells",values:{center:4.5,sigma:1.5},controls:[{name:"sigma",label:"σ, its width",unit:"cells",min:.2,max:4,step:.01},{name:"center",label:"μ, its centre",unit:"cells",min:0,max:9,
step:.05}],size:[_e,wt],draw(e,t,n,o){let{center:r,sigma:s}=t,i=T(0,M,40,_e-20),l=T(0,1,le,24),a=H(t),f=Math.max(...a),c=Array.from({length:241},(u,p)=>{let m=p/240*M;return[i(m),l(f*Math.exp(-((m-r)**
2-Te(r)**2)/(2*s*s)))]});return[...Array.from(a,(u,p)=>g("g",{},g("rect",{x:i(p+.12),width:i(.76)-i(0),y:l(u),height:le-l(u),class:p===Math.floor(r)?"gl-bar gl-chosen":"gl-bar"}),k(i(p+.5),l(u)-6,h(u,
2),{"text-anchor":"middle",class:"gl-number"}))),Oe(c,{class:"gl-curve"}),U(i,le,Array.from({length:M+1},(u,p)=>p),{name:"cells"}),Y(e,{key:"center",name:"Centre",x:i(r),y:l(f*Math.exp(Te(r)**2/(2*s*s))),
value:r,min:0,max:M,step:.05,text:`${h(r,2)} cells`,to:u=>o({center:Math.round(u*20)/20}),valueAt:u=>i.of(u.x)})]},says(e){let t=H(e),n=t.indexOf(Math.max(...t));return`σ is ${h(e.sigma,2)} cells: ce\
ll ${n} holds ${h(100*t[n],0)} % of the weight; all nine together hold all of it.`},equations(e){let t=H(e),n=t.indexOf(Math.max(...t)),o=n+.5-e.center;return[A(J("W","i"),"=",_(1,"Z"),P("e",["-",_(P(
["(",J("p","i"),"-","μ",")"],2),[2,P("σ",2)])])),A(J("W",n),"=",_(1,h(yt(e),3)),P("e",["-",_(P(["(",h(o,2),")"],2),[2,"·",P(h(e.sigma,2),2)])]),"=",h(t[n],3))]},questions:[{id:"wide",predict:!0,ask:"\
All cells together weigh 1. If the kernel becomes twice as wide, what does the cell in its middle weigh?",choices:()=>["twice as much","as much as before","about half as much"],answer:()=>2,hint:()=>"\
The sum stays 1, and more cells take part.",because:()=>"The weights are shared out among about twice as many cells. Only where σ is far below one cell nearly all stays in one."},{id:"half",ask:"With\
 the centre in the middle (4.5): below which σ does the middle cell hold half of the weight?",unit:"cells",answer:bt,tolerance:.02,hint:(e,t)=>`At σ = ${h(e,2)} it holds ${h(100*H({center:4.5,sigma:e>
0?e:.01})[4],0)} %: ${e>t?"less":"more"} than half. Drag σ and read the bar.`,because:e=>`At σ = ${h(e,3)} cells the middle one holds half, its two neighbours nearly all the rest.`},{id:"edge",ask:"\
Put the centre on the border of two cells, at 4.0, with σ = 0.5. What do the two cells weigh together?",unit:"(0 to 1)",answer:()=>{let e=H({center:4,sigma:.5});return e[3]+e[4]},tolerance:.02,hint:()=>"\
Set both, and add the numbers over the two bars beside the border.",because:e=>`${h(e,2)}: each has half of it. A kernel need not stand in the middle of a cell; mixed kernels seldom do.`}]},Te=e=>Math.
min(M-1,Math.max(0,Math.floor(e)))+.5-e;function yt({center:e,sigma:t}){let n=0;for(let o=0;o<M;o++)n+=Math.exp(-((o+.5-e)**2)/(2*t*t));return n}var[Ce,xt]=[460,270],[$t,ce,Ie]=[90,10,222],Fe=52,Ue={3:3.182,7:2.365,11:2.201},Re={"replace-off":["replace","off"],"join-off":["join","off"],"join-replace":["join","replace"]},Z=e=>e.reduce((t,n)=>t+
n,0)/e.length,He=(e,t)=>{let[n,o]=Re[t];return e[n].map((r,s)=>r.map((i,l)=>100*(i-e[o][s][l])))};function j(e,t,n){let o=He(e,t).slice(0,n).flat(),r=Z(o),s=o.reduce((l,a)=>l+(a-r)**2,0)/(o.length-1),
i=Ue[o.length-1]*Math.sqrt(s/o.length);return{middle:r,half:i,std:Math.sqrt(s),count:o.length}}var K=(e,t)=>e[t].map(n=>100*Z(n)),fe=e=>Math.max(...e)-Math.min(...e),De={title:"One seed, two, three",values:{
seeds:1,compare:"join-replace"},controls:[{name:"seeds",label:"Seeds trained",min:1,max:3,step:1},{name:"compare",label:"Compare",choices:[["join-replace","join − replace"],["replace-off","replace −\
 no grouping"],["join-off","join − no grouping"]]}],size:[Ce,xt],draw(e,t,n){let o=T(-7,7,$t,Ce-20),{middle:r,half:s}=j(n,t.compare,t.seeds),i=He(n,t.compare).slice(0,t.seeds),l=ce+Fe*3.5;return[g("\
line",{x1:o(0),x2:o(0),y1:ce,y2:Ie,class:"gl-zero"}),...i.flatMap((a,f)=>{let c=ce+Fe*(f+.5);return[k(4,c+4,`seed ${f}`),...a.map(u=>g("circle",{cx:o(u),cy:c,r:5,class:"gl-dot gl-open"})),g("line",{x1:o(
Z(a)),x2:o(Z(a)),y1:c-12,y2:c+12,class:"gl-curve"})]}),k(4,l+4,"mean, 95 %"),g("line",{x1:o(r-s),x2:o(r+s),y1:l,y2:l,class:"gl-interval gl-told"}),...[-s,s].map(a=>g("line",{x1:o(r+a),x2:o(r+a),y1:l-6,
y2:l+6,class:"gl-interval gl-told"})),g("circle",{cx:o(r),cy:l,r:5,class:"gl-dot"}),U(o,Ie,[-6,-4,-2,0,2,4,6],{name:"points of average mAP",tell:a=>S(a,0)})]},says(e,t){let{middle:n,half:o,count:r}=j(
t,e.compare,e.seeds),[s,i]=Re[e.compare].map(a=>a==="off"?"no grouping":a),l=Math.abs(n)>o?"zero lies outside":"zero lies inside: it cannot be told which is better";return`${e.seeds===1?"One seed":`${e.
seeds} seeds`}, ${r} pairs: ${s} is ${h(Math.abs(n),1)} points ${n<0?"below":"above"} ${i} in the mean (95 % ${S(n-o,1)} to ${S(n+o,1)}): ${l}.`},equations(e,t){let{middle:n,half:o,std:r,count:s}=j(t,
e.compare,e.seeds);return[A("d","±","t",_("s",se("n"))),A(h(n,2),"±",Ue[s-1],"·",_(h(r,2),se(s)),"=",h(n,2),"±",h(o,2))]},questions:[{id:"second",predict:!0,ask:"A seed is where the random numbers\
 of a training begin. The same network is trained again, on the same data, with a second and a third seed. How far apart do the results lie?",choices:()=>["not at all","much less than the differences \
we look for","about as far as those, or further"],answer:(e,t)=>{let n=fe(K(t,"join"));return n===0?0:n<Math.abs(j(t,"replace-off",3).middle)?1:2},hint:()=>"Other first weights and other batches: trai\
ning ends somewhere else.",because:(e,t,n)=>`Of one of the methods below the three seeds' means are ${K(n,"join").map(o=>h(o,1)).join(", ")}; what we look for is a point or two.`},{id:"turn",ask:"join\
 against replace: how many seeds must be there until replace is ahead in the mean?",answer:(e,t)=>[1,2,3].find(n=>j(t,"join-replace",n).middle<0)??0,tolerance:0,hint:(e,t,n,o)=>[1,2,3].includes(e)?`Wi\
th ${e} join is ${S(j(o,"join-replace",e).middle,1)} points against replace.`:"There are one to three.",because:(e,t,n)=>`With ${e-1} join was ahead by ${h(j(n,"join-replace",e-1).middle,1)} points, a\
nd had been chosen; seed ${e-1} turned the order round. The one with the smaller spread was taken in the end.`},{id:"spread",ask:"By how many points did join move, in the mean over people, from its be\
st seed to its worst?",unit:"points",answer:(e,t)=>fe(K(t,"join")),tolerance:.3,hint:(e,t)=>`It is ${e<t?"more":"less"}. The three means stand in the explanation of your first answer.`,because:(e,t,n)=>`${h(
e,1)} points; replace moved by ${h(fe(K(n,"replace")),1)}. So of one seed, only a difference of several points says something.`},{id:"say",ask:"All three seeds, replace against no grouping. What may y\
ou say of grouping on this data?",choices:()=>["it does harm","its effect, if any, is below some one and a half points either way","it helps","it has no effect"],answer:(e,t)=>{let{middle:n,half:o}=j(
t,"replace-off",3);return n+o<0?0:n-o>0?2:1},hint:e=>e===3?"An interval that holds zero holds other values as well.":"Set three seeds, and look where zero lies.",because:(e,t,n)=>{let{middle:o,half:r}=j(
n,"replace-off",3);return`${S(o,1)} points, ${S(o-r,1)} to ${S(o+r,1)}. “No effect” would be saying too much: nothing larger than the ends of the interval, that is all.`}}]};var X={kernel:Pe,helps:Ne,seeds:De};function We(e,t){let{lesson:n,parts:o}=JSON.parse(e.textContent??""),r=o.map(({part:i,data:l},a)=>{let f=ye({host:"page",lesson:n,part:i,data:l,values:{},answers:{}}),c=document.getElementById(`gtan-p\
art-${a}`);return c&&t({model:f,el:c}),{part:i,model:f}}),s=document.getElementById("gtan-answers");s&&s.append(St(n,r))}function St(e,t){let n=d("input",{type:"text",autocomplete:"name","aria-label":"\
Your name"}),o=d("p",{role:"status"}),r=()=>t.flatMap(({part:i,model:l})=>X[i].questions.map(({id:a,ask:f})=>{let{given:c=null,tries:u=0,right:p=!1,told:m=!1}=l.get("answers")[a]??{};return{lesson:e,part:i,
id:a,ask:f,given:c,tries:u,right:p,told:m}})),s=d("button",{text:"Save my answers",onclick(){let i=r(),l={format:"gtan-answers",version:1,lesson:e,name:n.value,answers:i};d("a",{href:URL.createObjectURL(
new Blob([JSON.stringify(l,null,1)])),download:`answers-${e}.json`}).click();let f=i.filter(c=>c.right).length;L(o,`Saved: ${f} of ${i.length} right. Give the file to your teacher.`)}});return d("sect\
ion",{class:"gtan-lesson gl-saving","aria-label":"Your answers"},d("label",{},"Your name ",n),s,o)}var Ot=Symbol.for("preact-signals");function ue(){if(C>1)C--;else{var e,t=!1;for((function(){var r=ee;for(ee=void 0;r!==void 0;){var s=r.S;if(s.v===r.v)for(var i=s.t;i!==void 0;i=i.x)i.i===r.i&&(i.i=s.
i);r=r.o}})();B!==void 0;){var n=B;for(B=void 0,Q++;n!==void 0;){var o=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&Ge(n))try{n.c()}catch(r){t||(e=r,t=!0)}n=o}}if(Q=0,C--,t)throw e}}var z,v=void 0;function ne(e){var t=v,n=z;v=void 0,z=void 0;try{return e()}finally{v=t,z=n}}var B=void 0,C=0,Q=0;var ze=0,ee=void 0,te=0;function Be(e){if(v!==void 0){var t=e.n;if(t===void 0||t.t!==v)return t={i:0,S:e,p:v.s,n:void 0,t:v,e:void 0,x:void 0,r:t},v.s!==void 0&&(v.s.n=t),v.s=t,e.n=t,32&v.f&&e.S(t),t;
if(t.i===-1)return t.i=0,t.n!==void 0&&(t.n.p=t.p,t.p!==void 0&&(t.p.n=t.n),t.p=v.s,t.n=void 0,v.s.n=t,v.s=t),t}}function b(e,t){this.v=e,this.i=0,this.n=void 0,this.t=void 0,this.l=0,this.W=t?.watched,
this.Z=t?.unwatched,this.name=t?.name}b.prototype.brand=Ot;b.prototype.h=function(){return!0};b.prototype.S=function(e){var t=this,n=this.t;n!==e&&e.e===void 0&&(e.x=n,this.t=e,n!==void 0?n.e=e:ne(function(){
var o;(o=t.W)==null||o.call(t)}))};b.prototype.U=function(e){var t=this;if(this.t!==void 0){var n=e.e,o=e.x;n!==void 0&&(n.x=o,e.e=void 0),o!==void 0&&(o.e=n,e.x=void 0),e===this.t&&(this.t=o,o===void 0&&
ne(function(){var r;(r=t.Z)==null||r.call(t)}))}};b.prototype.subscribe=function(e){var t=this;return At(function(){var n=t.value;ne(function(){return e(n)})},{name:"sub"})};b.prototype.valueOf=function(){
return this.value};b.prototype.toString=function(){return this.value+""};b.prototype.toJSON=function(){return this.value};b.prototype.peek=function(){var e=this;return ne(function(){return e.value})};
Object.defineProperty(b.prototype,"value",{get:function(){var e=Be(this);return e!==void 0&&(e.i=this.i),this.v},set:function(e){if(e!==this.v){if(Q>100)throw new Error("Cycle detected");(function(n){
C!==0&&Q===0&&n.l!==ze&&(n.l=ze,ee={S:n,v:n.v,i:n.i,o:ee})})(this),this.v=e,this.i++,te++,C++;try{for(var t=this.t;t!==void 0;t=t.x)t.t.N()}finally{ue()}}}});function qe(e,t){return new b(e,t)}function Ge(e){
for(var t=e.s;t!==void 0;t=t.n)if(t.S.i!==t.i||!t.S.h()||t.S.i!==t.i)return!0;return!1}function Je(e){for(var t=e.s;t!==void 0;t=t.n){var n=t.S.n;if(n!==void 0&&(t.r=n),t.S.n=t,t.i=-1,t.n===void 0){e.
s=t;break}}}function Ye(e){for(var t=e.s,n=void 0;t!==void 0;){var o=t.p;t.i===-1?(t.S.U(t),o!==void 0&&(o.n=t.n),t.n!==void 0&&(t.n.p=o)):n=t,t.S.n=t.r,t.r!==void 0&&(t.r=void 0),t=o}e.s=n}function I(e,t){
b.call(this,void 0,t),this.x=e,this.s=void 0,this.g=te-1,this.f=4}I.prototype=new b;I.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===te))return!0;if(this.
g=te,this.f|=1,this.i>0&&!Ge(this))return this.f&=-2,!0;var e=v;try{Je(this),v=this;var t=this.x();(16&this.f||this.v!==t||this.i===0)&&(this.v=t,this.f&=-17,this.i++)}catch(n){this.v=n,this.f|=16,this.
i++}return v=e,Ye(this),this.f&=-2,!0};I.prototype.S=function(e){if(this.t===void 0){this.f|=36;for(var t=this.s;t!==void 0;t=t.n)t.S.S(t)}b.prototype.S.call(this,e)};I.prototype.U=function(e){if(this.
t!==void 0&&(b.prototype.U.call(this,e),this.t===void 0)){this.f&=-33;for(var t=this.s;t!==void 0;t=t.n)t.S.U(t)}};I.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var e=this.t;e!==void 0;e=e.x)
e.t.N()}};Object.defineProperty(I.prototype,"value",{get:function(){if(1&this.f)throw new Error("Cycle detected");var e=Be(this);if(this.h(),e!==void 0&&(e.i=this.i),16&this.f)throw this.v;return this.
v}});function de(e,t){return new I(e,t)}function Ve(e){var t=e.j;if(e.j=void 0,typeof t=="function"){C++;var n=v;v=void 0;try{t()}catch(o){throw e.f&=-2,e.f|=8,he(e),o}finally{v=n,ue()}}}function he(e){
for(var t=e.s;t!==void 0;t=t.n)t.S.U(t);e.x=void 0,e.s=void 0,Ve(e)}function Mt(e){if(v!==this)throw new Error("Out-of-order effect");Ye(this),v=e,this.f&=-2;try{8&this.f&&he(this)}finally{ue()}}function D(e,t){
this.x=e,this.j=void 0,this.s=void 0,this.u=void 0,this.f=32,this.name=t?.name,z&&z.push(this)}D.prototype.c=function(){var e=this.S();try{if(8&this.f||this.x===void 0)return;var t=this.x();typeof t==
"function"&&(this.j=t)}finally{e()}};D.prototype.S=function(){if(1&this.f)throw new Error("Cycle detected");this.f|=1,this.f&=-9,Ve(this),Je(this),C++;var e=v;return v=this,Mt.bind(this,e)};D.prototype.
N=function(){2&this.f||(this.f|=2,this.u=B,B=this)};D.prototype.d=function(){this.f|=8,1&this.f||he(this)};D.prototype.dispose=function(){this.d()};function At(e,t){var n=new D(e,t);try{n.c()}catch(r){
throw n.d(),r}var o=n.d.bind(n);return o[Symbol.dispose]=o,o}var Ke=(e,t)=>e===t||JSON.stringify(e)===JSON.stringify(t);function Ze(e,t,n=[]){let o=new Set(n),r=new Map(Object.entries(e).map(([u,p])=>[u,qe(p)])),s={},i=(u,p)=>Object.defineProperty(s,u,{get:()=>p.
value,enumerable:!0});for(let[u,p]of r)i(u,p);for(let[u,p]of Object.entries(t)){let m;i(u,de(()=>{let w=p(s);return o.has(u)&&Ke(w,m)||(m=w),m}))}let l=[],a=0;function f(){a||=requestAnimationFrame(c)}
function c(){cancelAnimationFrame(a),a=0;for(let u of l)u()}return{state:s,set(u){for(let[p,m]of Object.entries(u)){let w=r.get(p);if(!w)throw new Error(`no input ${p}`);o.has(p)&&Ke(w.peek(),m)||(w.value=
m)}f()},draw(u){let p=de(()=>{try{u()}catch(w){reportError(w)}}),m=()=>p.value;return l.push(m),f(),m},soon:f,flush:c,stop(){cancelAnimationFrame(a),l.length=0}}}var q={given:null,tries:0,right:!1,told:!1};function Xe(e){let t=e.trim().replace(/[\s\u2009]/g,"").replace(",",".").replace("−","-");return t!==""&&Number.isFinite(Number(t))?Number(t):null}function kt(e,t,n,o){
let r=e.answer(n,o);return e.choices?t===r:Math.abs(t-r)<=(e.tolerance??0)+1e-12}function Qe(e,t,n,o,r){return t.right||t.told?t:{given:n,tries:t.tries+1,right:kt(e,n,o,r),told:!1}}function et(e,t,n,o){
let{given:r,tries:s,right:i,told:l}=t,a=e.answer(n,o);return i?`Right. ${e.because(a,n,o)}`:l?e.because(a,n,o):s&&r!==null?`Not yet. ${e.hint(r,a,n,o)}`:""}var Nt=0;function tt(e,t){let{state:n}=e,o=()=>n.answers[t.id]??q,r=c=>e.set({answers:{...n.answers,[t.id]:c}}),s=t.choices?Et(e,t):Lt(t),i=d("button",{type:"submit",text:"Check"}),l=d("button",{type:"\
button",class:"gl-tell",text:"Tell me",onclick:()=>r({...o(),told:!0})}),a=d("p",{class:"gl-said",role:"status"}),f=d("form",{class:"gl-question","data-question":t.id,onsubmit(c){c.preventDefault();let u=s.
read();u===null?L(a,s.missing):r(Qe(t,o(),u,n.values,n.data))}},d("p",{class:"gl-ask",text:t.ask}),d("div",{class:"gl-answer"},s.root,i,l),a);return e.draw(()=>{let c=o(),u=c.right||c.told;c!==q&&L(a,
et(t,c,n.values,n.data)),i.hidden=u,l.hidden=u||c.tries<2,s.show(c,u,t.answer(n.values,n.data)),f.classList.toggle("gl-right",c.right),f.classList.toggle("gl-wrong",!u&&c.tries>0)}),f}function Lt({ask:e,
unit:t,tolerance:n=0}){let o=d("input",{type:"text",inputMode:"decimal",autocomplete:"off","aria-label":e}),r=!1;return{root:d("label",{},o,t?` ${t}`:""),missing:"Give a number first.",read:()=>Xe(o.value),
show(s,i,l){o.disabled=i;let a=n>=1?0:Math.min(6,Math.ceil(-Math.log10(n||.001))+1);s.told&&!s.right?o.value=String(Number(l.toFixed(a))):!r&&s.given!==null&&(o.value=String(s.given)),r=!0}}}function Et(e,{
ask:t,choices:n}){let o=`gl-choice-${Nt++}`,r=d("fieldset",{class:"gl-choices"},d("legend",{text:t})),s=[];return e.draw(()=>{let i=n?.(e.state.values,e.state.data)??[];i.join()!==s.map(l=>l.value).join()&&
(s=i.map(l=>{let a=d("input",{value:l});return Object.assign(a,{type:"radio",name:o}),a}),r.replaceChildren(d("legend",{text:t}),...s.map(l=>d("label",{},l,` ${l.value}`))))}),{root:r,missing:"Choose \
one first.",read(){let i=s.findIndex(l=>l.checked);return i<0?null:i},show(i,l,a){for(let c of s)c.disabled=l;let f=i.told?a:i.given;f!==null&&l&&s[f]&&(s[f].checked=!0)}}}function ot(e,{model:t,el:n}){let o=t.get("data")??{},r=Ze({values:{...e.values,...e.begin?.(o),...t.get("values")},data:o,answers:t.get("answers")??{}},{},["values","answers"]),{state:s}=r,i=p=>r.set(
{values:{...s.values,...p}}),[l,a]=[!0,!1].map(p=>e.questions.filter(({predict:m=!1})=>m===p).map(m=>tt(r,m))),f=_t(e,r,i,t),c=d("section",{class:"gtan-lesson","aria-label":e.title,"data-part":t.get("\
part")},...l.length?[nt("Predict",...l)]:[],f,...a.length?[nt("Check",...a)]:[]);r.draw(()=>{let p=e.questions.every(({id:m,predict:w})=>!w||(s.answers[m]??q).tries>0);f.classList.toggle("gl-waits",!p),
f.inert=!p});let u=It(r,t);return n.replaceChildren(c),r.flush(),Object.assign(c,{lesson:{store:r,set:i}}),()=>{u(),r.stop()}}var nt=(e,...t)=>d("div",{class:"gl-step"},d("h4",{text:e}),...t);function _t(e,t,n,o){
let{state:r}=t,s=Se(...e.size),i=d("p",{class:"gl-says","aria-live":"polite"}),l=d("div",{class:"gl-equations"});return t.draw(()=>{Me(s,e.draw(s,r.values,r.data,n));let a=e.says(r.values,r.data);s.root.
setAttribute("aria-label",`${e.title}. ${a}`),L(i,a),l.replaceChildren(...e.equations?.(r.values,r.data)??[])}),d("div",{class:"gl-step gl-play"},d("h4",{text:e.title}),d("p",{class:"gl-wait",text:"Pr\
edict first; then play."}),s.root,d("div",{class:"gl-controls"},...e.controls.map(a=>Tt(a,t,n))),i,l,d("button",{class:"gl-keep",text:"Keep the picture",title:"Save it as SVG",onclick:()=>Ft(s.root,`${re(
o.get("lesson"))}-${re(o.get("part"))}`)}))}function Tt(e,t,n){return e.choices?Ct(e,t,n):Pt(e,t,n)}function Pt({name:e,label:t,unit:n="",min:o=0,max:r=1,step:s=.01,off:i},l,a){let f=d("input",{type:"\
range",min:o,max:r,step:s,"data-control":e,oninput:()=>a({[e]:Number(f.value)})}),c=d("output"),u=Math.max(0,Math.ceil(-Math.log10(s))),p=d("label",{class:"gl-slider"},d("span",{text:t}),f,c);return l.
draw(()=>{let{values:m,data:w}=l.state;f.value=String(m[e]),L(c,`${Number(m[e]).toFixed(u)} ${n}`.trim()),f.setAttribute("aria-valuetext",c.textContent??""),f.disabled=!!i?.(m,w)}),p}function Ct({name:e,
label:t,choices:n=[],off:o},r,s){let i=n.map(([l,a])=>({value:l,node:d("button",{type:"button",text:a,"data-control":`${e}=${l}`,onclick:()=>s({[e]:l})})}));return r.draw(()=>{let{values:l,data:a}=r.state;
for(let{value:f,node:c}of i)c.setAttribute("aria-pressed",String(l[e]===f)),c.disabled=!!o?.(l,a)}),d("div",{class:"gl-buttons",role:"group","aria-label":t},d("span",{text:t}),...i.map(({node:l})=>l))}
function It(e,t){let n=["values","answers"];e.draw(()=>{let r=!1;for(let s of n){let i=e.state[s];JSON.stringify(t.get(s))!==JSON.stringify(i)&&(t.set(s,i),r=!0)}r&&queueMicrotask(()=>t.save_changes())});
let o=n.map(r=>({event:`change:${r}`,listener:()=>e.set({[r]:t.get(r)})}));for(let{event:r,listener:s}of o)t.on(r,s);return()=>{for(let{event:r,listener:s}of o)t.off(r,s)}}function Ft(e,t){let n=e.cloneNode(
!0),o=[e,...e.querySelectorAll("*")];[n,...n.querySelectorAll("*")].forEach((s,i)=>{let{fill:l,stroke:a,strokeWidth:f,font:c,opacity:u}=getComputedStyle(o[i]);s.setAttribute("style",`fill:${l};stroke:${a}\
;stroke-width:${f};font:${c};opacity:${u}`),s.removeAttribute("class"),s.removeAttribute("tabindex")}),n.setAttribute("xmlns","http://www.w3.org/2000/svg");let r=d("a",{href:URL.createObjectURL(new Blob(
[n.outerHTML],{type:"image/svg+xml"})),download:`${t}.svg`});r.click(),setTimeout(()=>URL.revokeObjectURL(r.href),1e3)}function st({model:e,el:t}){return ot(X[e.get("part")],{model:e,el:t})}be();var rt=document.getElementById("gtan-lesson");rt&&We(rt,st);var Tn={render:st};export{Tn as default};
