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
var Q="#set:";function Pt(e,t){let n=[...document.querySelectorAll(".gtan-lesson[data-part]")].filter(o=>t in et(o).store.state.values);return n.filter(o=>o.compareDocumentPosition(e)&Node.DOCUMENT_POSITION_FOLLOWING).
at(-1)??n[0]??null}var et=e=>e.lesson,tt=!1;function nt(){let e=globalThis;tt||e.gtanSetListens||(tt=e.gtanSetListens=!0,document.addEventListener("click",t=>{let n=t.target instanceof Element?t.target.
closest("a[href]"):null,r=n?.getAttribute("href")??"";if(!(!n||!r.startsWith(Q))){t.preventDefault(),t.stopPropagation();for(let[o,i]of new URLSearchParams(r.slice(Q.length))){let s=Pt(n,o);if(!s)continue;
let a=Number(i);et(s).set({[o]:Number.isFinite(a)?a:i}),s.scrollIntoView({block:"nearest"})}}},!0))}function ot(e){let t=new Map(Object.entries(e)),n=new Map,r=(o,...i)=>{for(let s of[...n.get(o)??[]])s(...i)};return{get:o=>t.get(o),set(o,i){t.get(o)!==i&&(t.set(o,i),r(`change:${o}`,i),r("change"))},
on(o,i){let s=n.get(o)??new Set;n.set(o,s.add(i))},off(o=null,i=null){o===null?n.clear():i===null?n.delete(o):n.get(o)?.delete(i)},save_changes(){}}}var ee=Object.freeze({F64:8,I64:8,U64:8,F32:4,I32:4,U32:4,F16:2,BF16:2,I16:2,U16:2,I8:1,U8:1,BOOL:1});function f(e,t={},...n){let r=document.createElement(e);for(let[o,i]of Object.entries(t))i!=null&&(o==="class"?r.className=String(i):o==="text"?r.textContent=String(i):o.startsWith("on")?r.addEventListener(
o.slice(2),i):o in r&&o!=="type"?Reflect.set(r,o,i):r.setAttribute(o,String(i)));return r.append(...n),r}function O(e,t){e.textContent!==t&&(e.textContent=t)}function rt(e,t,n,r=null){let o=new Float64Array(n),i=2*t*t,s=-1/0;for(let c=0;c<n;c++){if(r&&!r[c])continue;let h=(c+.5)/n-e;o[c]=-(h*h)/i,o[c]>s&&(s=o[c])}let a=0;for(let c=0;c<n;c++)r&&!r[c]||(o[c]=
Math.exp(o[c]-s),a+=o[c]);if(a>0)for(let c=0;c<n;c++)o[c]/=a;return o}var ie=globalThis.Intl?.Segmenter?new Intl.Segmenter:null;var Ut=/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,H=e=>String(e).replace(Ut," ");function w(e,t=3){return e==null||Number.isNaN(e)?"not a number":Number.isFinite(e)?e.toFixed(t).replace(/^-(?=[0.]*$)/,"").replace("-","−"):e>0?"∞":"−∞"}var it="http://www.w3.org/1998/Math/MathML";function j(e,...t){let n=document.createElementNS(it,e);return n.append(...t.map(M)),n}function M(e){if(Array.isArray(e))return j("mrow",...e);if(typeof e==
"object")return e;let t=String(e).replace("-","−"),n=/^[−\d.∞]+$/.test(t)&&t!=="−"?"mn":/^[\p{L}]\w*$/u.test(t)?"mi":"mo",r=document.createElementNS(it,n);return r.textContent=t,r}var L=(e,t)=>j(
"mfrac",M(e),M(t)),T=(e,t)=>j("msub",M(e),M(t)),k=(e,t)=>j("msup",M(e),M(t));function z(...e){let t=j("math",...e);return t.setAttribute("display","block"),t}var Ft="http://www.w3.org/2000/svg";function y(e,t={},...n){let r=document.createElementNS(Ft,e);for(let[o,i]of Object.entries(t))i!==void 0&&r.setAttribute(o,String(i));return r.append(...n),r}function st(e,t){
let n=y("svg",{viewBox:`0 0 ${e} ${t}`,role:"img",class:"gl-picture",preserveAspectRatio:"xMidYMid meet"});function r(o){let i=n.getBoundingClientRect();return{x:(o.clientX-i.left)/i.width*e,y:(o.clientY-
i.top)/i.height*t}}return{root:n,width:e,height:t,placeOf:r}}function G(e,t,n,r){return Object.assign(s=>n+(s-e)/(t-e)*(r-n),{of:s=>e+(s-n)/(r-n)*(t-e),from:e,to:t,left:n,right:r})}var at=(e,t)=>y("pa\
th",{d:e.map(([n,r],o)=>`${o?"L":"M"}${n.toFixed(2)} ${r.toFixed(2)}`).join(""),fill:"none",...t}),D=(e,t,n,r={})=>y("text",{x:e,y:t,...r},n);function ct(e,t,n,{name:r="",tell:o=String}={}){return y("\
g",{class:"gl-axis"},y("line",{x1:e.left,x2:e.right,y1:t,y2:t}),...n.flatMap(i=>[y("line",{x1:e(i),x2:e(i),y1:t,y2:t+4}),D(e(i),t+16,o(i),{"text-anchor":"middle"})]),D((e.left+e.right)/2,t+32,r,{"text\
-anchor":"middle"}))}function lt(e,{key:t,name:n,x:r,y:o,value:i,min:s,max:a,step:c,text:h,...u}){let{to:l,valueAt:d,vertical:p=!1}=u,g=i,F=S=>l(g=Math.min(a,Math.max(s,S))),J=y("circle",{cx:r,cy:o,r:8,
class:"gl-handle",tabindex:0,role:"slider","data-key":t,"aria-label":n,"aria-valuemin":s,"aria-valuemax":a,"aria-valuenow":Number(i.toPrecision(6)),"aria-valuetext":h,"aria-orientation":p?"vertical":"\
horizontal"});return J.addEventListener("keydown",S=>{let b={ArrowRight:1,ArrowUp:1,ArrowLeft:-1,ArrowDown:-1,PageUp:10,PageDown:-10}[S.key];b!==void 0&&(S.preventDefault(),S.stopPropagation(),F(g+b*c))}),
J.addEventListener("pointerdown",S=>{S.preventDefault();let b=e.root;b.setPointerCapture(S.pointerId);let X=Ct=>F(d(e.placeOf(Ct))),I=()=>{b.removeEventListener("pointermove",X),b.removeEventListener(
"pointerup",I),b.removeEventListener("pointercancel",I)};b.addEventListener("pointermove",X),b.addEventListener("pointerup",I),b.addEventListener("pointercancel",I),b.querySelector(`[data-key="${t}"]`)?.
focus()}),J}function ut({root:e},t){let n=e.getRootNode()instanceof Document?document.activeElement:null,r=n&&e.contains(n)?n.getAttribute("data-key"):null;e.replaceChildren(...t),r&&e.querySelector(`\
[data-key="${r}"]`)?.focus()}var x=9,[ft,It]=[640,250],V=190,N=({center:e,sigma:t})=>rt(e/x,t/x,x);function Tt(){let[e,t]=[.2,4];for(let n=0;n<50;n++){let r=(e+t)/2;N({center:x/2,sigma:r})[4]>.5?e=r:t=r}return e}var dt={title:"On\
e kernel over nine cells",values:{center:4.5,sigma:1.5},controls:[{name:"sigma",label:"σ, its width",unit:"cells",min:.2,max:4,step:.01},{name:"center",label:"μ, its centre",unit:"cells",min:0,max:9,
step:.05}],size:[ft,It],draw(e,t,n,r){let{center:o,sigma:i}=t,s=G(0,x,40,ft-20),a=G(0,1,V,24),c=N(t),h=Math.max(...c),u=Array.from({length:241},(l,d)=>{let p=d/240*x;return[s(p),a(h*Math.exp(-((p-o)**
2-ht(o)**2)/(2*i*i)))]});return[...Array.from(c,(l,d)=>y("g",{},y("rect",{x:s(d+.12),width:s(.76)-s(0),y:a(l),height:V-a(l),class:d===Math.floor(o)?"gl-bar gl-chosen":"gl-bar"}),D(s(d+.5),a(l)-6,w(l,2),
{"text-anchor":"middle",class:"gl-number"}))),at(u,{class:"gl-curve"}),ct(s,V,Array.from({length:x+1},(l,d)=>d),{name:"cells"}),lt(e,{key:"center",name:"Centre",x:s(o),y:a(h*Math.exp(ht(o)**2/(2*i*i))),
value:o,min:0,max:x,step:.05,text:`${w(o,2)} cells`,to:l=>r({center:Math.round(l*20)/20}),valueAt:l=>s.of(l.x)})]},says(e){let t=N(e),n=t.indexOf(Math.max(...t));return`σ is ${w(e.sigma,2)} cells: ce\
ll ${n} holds ${w(100*t[n],0)} % of the weight; all nine together hold all of it.`},equations(e){let t=N(e),n=t.indexOf(Math.max(...t)),r=n+.5-e.center;return[z(T("W","i"),"=",L(1,"Z"),k("e",["-",L(k(
["(",T("p","i"),"-","μ",")"],2),[2,k("σ",2)])])),z(T("W",n),"=",L(1,w(Dt(e),3)),k("e",["-",L(k(["(",w(r,2),")"],2),[2,"·",k(w(e.sigma,2),2)])]),"=",w(t[n],3))]},questions:[{id:"wide",predict:!0,ask:"\
All cells together weigh 1. If the kernel becomes twice as wide, what does the cell in its middle weigh?",choices:()=>["twice as much","as much as before","about half as much"],answer:()=>2,hint:()=>"\
The sum stays 1, and more cells take part.",because:()=>"The weights are shared out among about twice as many cells. Only where σ is far below one cell nearly all stays in one."},{id:"half",ask:"With\
 the centre in the middle (4.5): below which σ does the middle cell hold half of the weight?",unit:"cells",answer:Tt,tolerance:.02,hint:(e,t)=>`At σ = ${w(e,2)} it holds ${w(100*N({center:4.5,sigma:e>
0?e:.01})[4],0)} %: ${e>t?"less":"more"} than half. Drag σ and read the bar.`,because:e=>`At σ = ${w(e,3)} cells the middle one holds half, its two neighbours nearly all the rest.`},{id:"edge",ask:"\
Put the centre on the border of two cells, at 4.0, with σ = 0.5. What do the two cells weigh together?",unit:"(0 to 1)",answer:()=>{let e=N({center:4,sigma:.5});return e[3]+e[4]},tolerance:.02,hint:()=>"\
Set both, and add the numbers over the two bars beside the border.",because:e=>`${w(e,2)}: each has half of it. A kernel need not stand in the middle of a cell; mixed kernels seldom do.`}]},ht=e=>Math.
min(x-1,Math.max(0,Math.floor(e)))+.5-e;function Dt({center:e,sigma:t}){let n=0;for(let r=0;r<x;r++)n+=Math.exp(-((r+.5-e)**2)/(2*t*t));return n}var R={kernel:dt};function pt(e,t){let{lesson:n,parts:r}=JSON.parse(e.textContent??""),o=r.map((a,c)=>{let{part:h}=a,u=ot({host:"page",lesson:n,answers:{},...a}),l=document.getElementById(`gtan-part-${c}`);return l&&t(
{model:u,el:l}),{part:h,model:u}}),i=document.getElementById("gtan-answers"),s=o.filter(({model:a})=>a.get("asks"));i&&s.length&&i.append(Rt(n,s))}function Rt(e,t){let n=f("input",{type:"text",autocomplete:"\
name","aria-label":"Your name"}),r=f("p",{role:"status"}),o=()=>t.flatMap(({part:s,model:a})=>R[s].questions.map(({id:c,ask:h})=>{let{given:u=null,tries:l=0,right:d=!1,told:p=!1}=a.get("answers")[c]??
{};return{lesson:e,part:s,id:c,ask:h,given:u,tries:l,right:d,told:p}})),i=f("button",{text:"Save my answers",onclick(){let s=o(),a={format:"gtan-answers",version:1,lesson:e,name:n.value,answers:s};f("\
a",{href:URL.createObjectURL(new Blob([JSON.stringify(a,null,1)])),download:`answers-${e}.json`}).click();let h=s.filter(u=>u.right).length;O(r,`Saved: ${h} of ${s.length} right. Give the file to your\
 teacher.`)}});return f("section",{class:"gtan-lesson gl-saving","aria-label":"Your answers"},f("label",{},"Your name ",n),i,r)}var Wt=Symbol.for("preact-signals");function Y(){if(A>1)A--;else{var e,t=!1;for((function(){var o=B;for(B=void 0;o!==void 0;){var i=o.S;if(i.v===o.v)for(var s=i.t;s!==void 0;s=s.x)s.i===o.i&&(s.i=i.i);
o=o.o}})();P!==void 0;){var n=P;for(P=void 0,W++;n!==void 0;){var r=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&wt(n))try{n.c()}catch(o){t||(e=o,t=!0)}n=r}}if(W=0,A--,t)throw e}}var C,m=void 0;function q(e){var t=m,n=C;m=void 0,C=void 0;try{return e()}finally{m=t,C=n}}var P=void 0,A=0,W=0;var mt=0,B=void 0,_=0;function gt(e){if(m!==void 0){var t=e.n;if(t===void 0||t.t!==m)return t={i:0,S:e,p:m.s,n:void 0,t:m,e:void 0,x:void 0,r:t},m.s!==void 0&&(m.s.n=t),m.s=t,e.n=t,32&m.f&&e.S(t),t;if(t.
i===-1)return t.i=0,t.n!==void 0&&(t.n.p=t.p,t.p!==void 0&&(t.p.n=t.n),t.p=m.s,t.n=void 0,m.s.n=t,m.s=t),t}}function v(e,t){this.v=e,this.i=0,this.n=void 0,this.t=void 0,this.l=0,this.W=t?.watched,this.
Z=t?.unwatched,this.name=t?.name}v.prototype.brand=Wt;v.prototype.h=function(){return!0};v.prototype.S=function(e){var t=this,n=this.t;n!==e&&e.e===void 0&&(e.x=n,this.t=e,n!==void 0?n.e=e:q(function(){
var r;(r=t.W)==null||r.call(t)}))};v.prototype.U=function(e){var t=this;if(this.t!==void 0){var n=e.e,r=e.x;n!==void 0&&(n.x=r,e.e=void 0),r!==void 0&&(r.e=n,e.x=void 0),e===this.t&&(this.t=r,r===void 0&&
q(function(){var o;(o=t.Z)==null||o.call(t)}))}};v.prototype.subscribe=function(e){var t=this;return _t(function(){var n=t.value;q(function(){return e(n)})},{name:"sub"})};v.prototype.valueOf=function(){
return this.value};v.prototype.toString=function(){return this.value+""};v.prototype.toJSON=function(){return this.value};v.prototype.peek=function(){var e=this;return q(function(){return e.value})};Object.
defineProperty(v.prototype,"value",{get:function(){var e=gt(this);return e!==void 0&&(e.i=this.i),this.v},set:function(e){if(e!==this.v){if(W>100)throw new Error("Cycle detected");(function(n){A!==0&&
W===0&&n.l!==mt&&(n.l=mt,B={S:n,v:n.v,i:n.i,o:B})})(this),this.v=e,this.i++,_++,A++;try{for(var t=this.t;t!==void 0;t=t.x)t.t.N()}finally{Y()}}}});function vt(e,t){return new v(e,t)}function wt(e){for(var t=e.
s;t!==void 0;t=t.n)if(t.S.i!==t.i||!t.S.h()||t.S.i!==t.i)return!0;return!1}function bt(e){for(var t=e.s;t!==void 0;t=t.n){var n=t.S.n;if(n!==void 0&&(t.r=n),t.S.n=t,t.i=-1,t.n===void 0){e.s=t;break}}}
function yt(e){for(var t=e.s,n=void 0;t!==void 0;){var r=t.p;t.i===-1?(t.S.U(t),r!==void 0&&(r.n=t.n),t.n!==void 0&&(t.n.p=r)):n=t,t.S.n=t.r,t.r!==void 0&&(t.r=void 0),t=r}e.s=n}function $(e,t){v.call(
this,void 0,t),this.x=e,this.s=void 0,this.g=_-1,this.f=4}$.prototype=new v;$.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===_))return!0;if(this.g=_,this.
f|=1,this.i>0&&!wt(this))return this.f&=-2,!0;var e=m;try{bt(this),m=this;var t=this.x();(16&this.f||this.v!==t||this.i===0)&&(this.v=t,this.f&=-17,this.i++)}catch(n){this.v=n,this.f|=16,this.i++}return m=
e,yt(this),this.f&=-2,!0};$.prototype.S=function(e){if(this.t===void 0){this.f|=36;for(var t=this.s;t!==void 0;t=t.n)t.S.S(t)}v.prototype.S.call(this,e)};$.prototype.U=function(e){if(this.t!==void 0&&
(v.prototype.U.call(this,e),this.t===void 0)){this.f&=-33;for(var t=this.s;t!==void 0;t=t.n)t.S.U(t)}};$.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var e=this.t;e!==void 0;e=e.x)e.t.N()}};Object.
defineProperty($.prototype,"value",{get:function(){if(1&this.f)throw new Error("Cycle detected");var e=gt(this);if(this.h(),e!==void 0&&(e.i=this.i),16&this.f)throw this.v;return this.v}});function K(e,t){
return new $(e,t)}function xt(e){var t=e.j;if(e.j=void 0,typeof t=="function"){A++;var n=m;m=void 0;try{t()}catch(r){throw e.f&=-2,e.f|=8,Z(e),r}finally{m=n,Y()}}}function Z(e){for(var t=e.s;t!==void 0;t=
t.n)t.S.U(t);e.x=void 0,e.s=void 0,xt(e)}function Bt(e){if(m!==this)throw new Error("Out-of-order effect");yt(this),m=e,this.f&=-2;try{8&this.f&&Z(this)}finally{Y()}}function E(e,t){this.x=e,this.j=void 0,
this.s=void 0,this.u=void 0,this.f=32,this.name=t?.name,C&&C.push(this)}E.prototype.c=function(){var e=this.S();try{if(8&this.f||this.x===void 0)return;var t=this.x();typeof t=="function"&&(this.j=t)}finally{
e()}};E.prototype.S=function(){if(1&this.f)throw new Error("Cycle detected");this.f|=1,this.f&=-9,xt(this),bt(this),A++;var e=m;return m=this,Bt.bind(this,e)};E.prototype.N=function(){2&this.f||(this.
f|=2,this.u=P,P=this)};E.prototype.d=function(){this.f|=8,1&this.f||Z(this)};E.prototype.dispose=function(){this.d()};function _t(e,t){var n=new E(e,t);try{n.c()}catch(o){throw n.d(),o}var r=n.d.bind(
n);return r[Symbol.dispose]=r,r}var St=(e,t)=>e===t||JSON.stringify(e)===JSON.stringify(t);function Ot(e,t,n=[]){let r=new Set(n),o=new Map(Object.entries(e).map(([l,d])=>[l,vt(d)])),i={},s=(l,d)=>Object.defineProperty(i,l,{get:()=>d.
value,enumerable:!0});for(let[l,d]of o)s(l,d);for(let[l,d]of Object.entries(t)){let p;s(l,K(()=>{let g=d(i);return r.has(l)&&St(g,p)||(p=g),p}))}let a=[],c=0;function h(){c||=requestAnimationFrame(u)}
function u(){cancelAnimationFrame(c),c=0;for(let l of a)l()}return{state:i,set(l){for(let[d,p]of Object.entries(l)){let g=o.get(d);if(!g)throw new Error(`no input ${d}`);r.has(d)&&St(g.peek(),p)||(g.value=
p)}h()},draw(l){let d=K(()=>{try{l()}catch(g){reportError(g)}}),p=()=>d.value;return a.push(p),h(),p},soon:h,flush:u,stop(){cancelAnimationFrame(c),a.length=0}}}var U={given:null,tries:0,right:!1,told:!1};function Mt(e){let t=e.trim().replace(/[\s\u2009]/g,"").replace(",",".").replace("−","-");return t!==""&&Number.isFinite(Number(t))?Number(t):null}function qt(e,t,n,r){
let o=e.answer(n,r);return e.choices?t===o:Math.abs(t-o)<=(e.tolerance??0)+1e-12}function kt(e,t,n,r,o){return t.right||t.told?t:{given:n,tries:t.tries+1,right:qt(e,n,r,o),told:!1}}function At(e,t,n,r){
let{given:o,tries:i,right:s,told:a}=t,c=e.answer(n,r);return s?`Right. ${e.because(c,n,r)}`:a?e.because(c,n,r):i&&o!==null?`Not yet. ${e.hint(o,c,n,r)}`:""}var Ht=0;function $t(e,t){let{state:n}=e,r=()=>n.answers[t.id]??U,o=u=>e.set({answers:{...n.answers,[t.id]:u}}),i=t.choices?Gt(e,t):zt(t),s=f("button",{type:"submit",text:"Check"}),a=f("button",{type:"\
button",class:"gl-tell",text:"Tell me",onclick:()=>o({...r(),told:!0})}),c=f("p",{class:"gl-said",role:"status"}),h=f("form",{class:"gl-question","data-question":t.id,onsubmit(u){u.preventDefault();let l=i.
read();l===null?O(c,i.missing):o(kt(t,r(),l,n.values,n.data))}},f("p",{class:"gl-ask",text:t.ask}),f("div",{class:"gl-answer"},i.root,s,a),c);return e.draw(()=>{let u=r(),l=u.right||u.told;u!==U&&O(c,
At(t,u,n.values,n.data)),s.hidden=l,a.hidden=l||u.tries<2,i.show(u,l,t.answer(n.values,n.data)),h.classList.toggle("gl-right",u.right),h.classList.toggle("gl-wrong",!l&&u.tries>0)}),h}function zt({ask:e,
unit:t,tolerance:n=0}){let r=f("input",{type:"text",inputMode:"decimal",autocomplete:"off","aria-label":e}),o=!1;return{root:f("label",{},r,t?` ${t}`:""),missing:"Give a number first.",read:()=>Mt(r.value),
show(i,s,a){r.disabled=s;let c=n>=1?0:Math.min(6,Math.ceil(-Math.log10(n||.001))+1);i.told&&!i.right?r.value=String(Number(a.toFixed(c))):!o&&i.given!==null&&(r.value=String(i.given)),o=!0}}}function Gt(e,{
ask:t,choices:n}){let r=`gl-choice-${Ht++}`,o=f("fieldset",{class:"gl-choices"},f("legend",{text:t})),i=[];return e.draw(()=>{let s=n?.(e.state.values,e.state.data)??[];s.join()!==i.map(a=>a.value).join()&&
(i=s.map(a=>{let c=f("input",{value:a});return Object.assign(c,{type:"radio",name:r}),c}),o.replaceChildren(f("legend",{text:t}),...i.map(a=>f("label",{},a,` ${a.value}`))))}),{root:o,missing:"Choose \
one first.",read(){let s=i.findIndex(a=>a.checked);return s<0?null:s},show(s,a,c){for(let u of i)u.disabled=a;let h=s.told?c:s.given;h!==null&&a&&i[h]&&(i[h].checked=!0)}}}function Et(e,{model:t,el:n}){let r=t.get("data")??{},o=Ot({values:{...e.values,...e.begin?.(r),...t.get("values")},data:r,answers:t.get("answers")??{}},{},["values","answers"]),{state:i}=o,s=p=>o.set(
{values:{...i.values,...p}}),a=t.get("asks")===!1?[]:e.questions,[c,h]=[!0,!1].map(p=>a.filter(({predict:g=!1})=>g===p).map(g=>$t(o,g))),u=Vt(e,o,s,t),l=f("section",{class:"gtan-lesson","aria-label":e.
title,"data-part":t.get("part")},...c.length?[Nt("Predict",...c)]:[],u,...h.length?[Nt("Check",...h)]:[]);o.draw(()=>{let p=a.every(({id:g,predict:F})=>!F||(i.answers[g]??U).tries>0);u.classList.toggle(
"gl-waits",!p),u.inert=!p});let d=Xt(o,t);return n.replaceChildren(l),o.flush(),Object.assign(l,{lesson:{store:o,set:s}}),()=>{d(),o.stop()}}var Nt=(e,...t)=>f("div",{class:"gl-step"},f("h4",{text:e}),
...t);function Vt(e,t,n,r){let{state:o}=t,i=st(...e.size),s=f("p",{class:"gl-says","aria-live":"polite"}),a=f("div",{class:"gl-equations"});return t.draw(()=>{ut(i,e.draw(i,o.values,o.data,n));let c=e.
says(o.values,o.data);i.root.setAttribute("aria-label",`${e.title}. ${c}`),O(s,c),a.replaceChildren(...e.equations?.(o.values,o.data)??[])}),f("div",{class:"gl-step gl-play"},f("h4",{text:e.title}),f(
"p",{class:"gl-wait",text:"Predict first; then play."}),i.root,f("div",{class:"gl-controls"},...e.controls.map(c=>Yt(c,t,n))),s,a,f("button",{class:"gl-keep",text:"Keep the picture",title:"Save it as \
SVG",onclick:()=>Qt(i.root,`${H(r.get("lesson"))}-${H(r.get("part"))}`)}))}function Yt(e,t,n){return e.choices?Zt(e,t,n):Kt(e,t,n)}function Kt({name:e,label:t,unit:n="",min:r=0,max:o=1,step:i=.01,off:s},a,c){
let h=f("input",{type:"range",min:r,max:o,step:i,"data-control":e,oninput:()=>c({[e]:Number(h.value)})}),u=f("output"),l=Math.max(0,Math.ceil(-Math.log10(i))),d=f("label",{class:"gl-slider"},f("span",
{text:t}),h,u);return a.draw(()=>{let{values:p,data:g}=a.state;h.value=String(p[e]),O(u,`${Number(p[e]).toFixed(l)} ${n}`.trim()),h.setAttribute("aria-valuetext",u.textContent??""),h.disabled=!!s?.(p,
g)}),d}function Zt({name:e,label:t,choices:n=[],off:r},o,i){let s=n.map(([a,c])=>({value:a,node:f("button",{type:"button",text:c,"data-control":`${e}=${a}`,onclick:()=>i({[e]:a})})}));return o.draw(()=>{
let{values:a,data:c}=o.state;for(let{value:h,node:u}of s)u.setAttribute("aria-pressed",String(a[e]===h)),u.disabled=!!r?.(a,c)}),f("div",{class:"gl-buttons",role:"group","aria-label":t},f("span",{text:t}),
...s.map(({node:a})=>a))}function Xt(e,t){let n=["values","answers"];e.draw(()=>{let o=!1;for(let i of n){let s=e.state[i];JSON.stringify(t.get(i))!==JSON.stringify(s)&&(t.set(i,s),o=!0)}o&&queueMicrotask(
()=>t.save_changes())});let r=n.map(o=>({event:`change:${o}`,listener:()=>e.set({[o]:t.get(o)})}));for(let{event:o,listener:i}of r)t.on(o,i);return()=>{for(let{event:o,listener:i}of r)t.off(o,i)}}function Qt(e,t){
let n=e.cloneNode(!0),r=[e,...e.querySelectorAll("*")];[n,...n.querySelectorAll("*")].forEach((i,s)=>{let{fill:a,stroke:c,strokeWidth:h,font:u,opacity:l}=getComputedStyle(r[s]);i.setAttribute("style",
`fill:${a};stroke:${c};stroke-width:${h};font:${u};opacity:${l}`),i.removeAttribute("class"),i.removeAttribute("tabindex")}),n.setAttribute("xmlns","http://www.w3.org/2000/svg");let o=f("a",{href:URL.
createObjectURL(new Blob([n.outerHTML],{type:"image/svg+xml"})),download:`${t}.svg`});o.click(),setTimeout(()=>URL.revokeObjectURL(o.href),1e3)}function Lt({model:e,el:t}){return Et(R[e.get("part")],{model:e,el:t})}nt();var jt=document.getElementById("gtan-lesson");jt&&pt(jt,Lt);var De={render:Lt};export{De as default};
