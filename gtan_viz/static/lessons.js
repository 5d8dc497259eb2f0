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
var wt="#set:";function ee(t,e){let n=[...document.querySelectorAll(".gtan-lesson[data-part]")].filter(o=>e in bt(o).store.state.values);return n.filter(o=>o.compareDocumentPosition(t)&Node.DOCUMENT_POSITION_FOLLOWING).
at(-1)??n[0]??null}var bt=t=>t.lesson,vt=!1;function xt(){let t=globalThis;vt||t.gtanSetListens||(vt=t.gtanSetListens=!0,document.addEventListener("click",e=>{let n=e.target instanceof Element?e.target.
closest("a[href]"):null,r=n?.getAttribute("href")??"";if(!(!n||!r.startsWith(wt))){e.preventDefault(),e.stopPropagation();for(let[o,s]of new URLSearchParams(r.slice(wt.length))){let i=ee(n,o);if(!i)continue;
let c=Number(s);bt(i).set({[o]:Number.isFinite(c)?c:s}),i.scrollIntoView({block:"nearest"})}}},!0))}function yt(t){let e=new Map(Object.entries(t)),n=new Map,r=(o,...s)=>{for(let i of[...n.get(o)??[]])i(...s)};return{get:o=>e.get(o),set(o,s){e.get(o)!==s&&(e.set(o,s),r(`change:${o}`,s),r("change"))},
on(o,s){let i=n.get(o)??new Set;n.set(o,i.add(s))},off(o=null,s=null){o===null?n.clear():s===null?n.delete(o):n.get(o)?.delete(s)},save_changes(){}}}var Ne=Object.freeze({F64:8,I64:8,U64:8,F32:4,I32:4,U32:4,F16:2,BF16:2,I16:2,U16:2,I8:1,U8:1,BOOL:1});function p(t,e={},...n){let r=document.createElement(t);for(let[o,s]of Object.entries(e))s!=null&&(o==="class"?r.className=String(s):o==="text"?r.textContent=String(s):o.startsWith("on")?r.addEventListener(
o.slice(2),s):o in r&&o!=="type"?Reflect.set(r,o,s):r.setAttribute(o,String(s)));return r.append(...n),r}function I(t,e){t.textContent!==e&&(t.textContent=e)}var ne=Object.freeze([5,6,7,11,12]),oe=Object.freeze([5,6,8,9,10,11,12]);function St(t,e,n,r,o=null,s=!0){let i=[],c=[],a=null;for(let l=0;l<t.length;l++){if(o&&!o[l])continue;if(a===null){a={members:[
l],center:t[l],width:e[l]};continue}let h=a.center,f=a.width,d=h-f/2,m=h+f/2,v=t[l]-e[l]/2,F=t[l]+e[l]/2,L=Math.max(m,F)-Math.min(d,v),S=Math.max(0,Math.min(m,F)-Math.max(d,v)),x=L>0?S/L:0,j=x>n,R=a.members[0];
j?(a.center=r==="paper"?(h+t[l])/2:(Math.max(m,F)+Math.min(d,v))/2,a.width=L,a.members.push(l)):(i.push(a),a={members:[l],center:t[l],width:e[l]}),s&&c.push({first:R,cell:l,baseCenter:h,baseWidth:f,intersection:S,
union:L,iou:x,merged:j,center:a.center,width:a.width,line:j?7:9,lines:j?ne:oe})}return a!==null&&i.push(a),{groups:i,steps:c}}var qe=globalThis.Intl?.Segmenter?new Intl.Segmenter:null;var re=/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g,st=t=>String(t).replace(re," ");function u(t,e=3){return t==null||Number.isNaN(t)?"not a number":Number.isFinite(t)?t.toFixed(e).replace(/^-(?=[0.]*$)/,"").replace("-","−"):t>0?"∞":"−∞"}var $t="http://www.w3.org/1998/Math/MathML";function K(t,...e){let n=document.createElementNS($t,t);return n.append(...e.map(U)),n}function U(t){if(Array.isArray(t))return K("mrow",...t);if(typeof t==
"object")return t;let e=String(t).replace("-","−"),n=/^[−\d.∞]+$/.test(e)&&e!=="−"?"mn":/^[\p{L}]\w*$/u.test(e)?"mi":"mo",r=document.createElementNS($t,n);return r.textContent=e,r}var y=(t,e)=>K(
"mfrac",U(t),U(e)),N=(t,e)=>K("msub",U(t),U(e)),q=(t,e)=>K("msup",U(t),U(e));function A(...t){let e=K("math",...t);return e.setAttribute("display","block"),e}var se="http://www.w3.org/2000/svg";function w(t,e={},...n){let r=document.createElementNS(se,t);for(let[o,s]of Object.entries(e))s!==void 0&&r.setAttribute(o,String(s));return r.append(...n),r}function Ot(t,e){
let n=w("svg",{viewBox:`0 0 ${t} ${e}`,role:"img",class:"gl-picture",preserveAspectRatio:"xMidYMid meet"});function r(o){let s=n.getBoundingClientRect();return{x:(o.clientX-s.left)/s.width*t,y:(o.clientY-
s.top)/s.height*e}}return{root:n,width:t,height:e,placeOf:r}}function $(t,e,n,r){return Object.assign(i=>n+(i-t)/(e-t)*(r-n),{of:i=>t+(i-n)/(r-n)*(e-t),from:t,to:e,left:n,right:r})}var G=(t,e)=>w("pat\
h",{d:t.map(([n,r],o)=>`${o?"L":"M"}${n.toFixed(2)} ${r.toFixed(2)}`).join(""),fill:"none",...e}),O=(t,e,n,r={})=>w("text",{x:t,y:e,...r},n);function D(t,e,n,{name:r="",tell:o=String}={}){return w("g",
{class:"gl-axis"},w("line",{x1:t.left,x2:t.right,y1:e,y2:e}),...n.flatMap(s=>[w("line",{x1:t(s),x2:t(s),y1:e,y2:e+4}),O(t(s),e+16,o(s),{"text-anchor":"middle"})]),O((t.left+t.right)/2,e+32,r,{"text-an\
chor":"middle"}))}function W(t,{key:e,name:n,x:r,y:o,value:s,min:i,max:c,step:a,text:l,...h}){let{to:f,valueAt:d,vertical:m=!1}=h,v=s,F=S=>f(v=Math.min(c,Math.max(i,S))),L=w("circle",{cx:r,cy:o,r:8,class:"\
gl-handle",tabindex:0,role:"slider","data-key":e,"aria-label":n,"aria-valuemin":i,"aria-valuemax":c,"aria-valuenow":Number(s.toPrecision(6)),"aria-valuetext":l,"aria-orientation":m?"vertical":"horizon\
tal"});return L.addEventListener("keydown",S=>{let x={ArrowRight:1,ArrowUp:1,ArrowLeft:-1,ArrowDown:-1,PageUp:10,PageDown:-10}[S.key];x!==void 0&&(S.preventDefault(),S.stopPropagation(),F(v+x*a))}),L.
addEventListener("pointerdown",S=>{S.preventDefault();let x=t.root;x.setPointerCapture(S.pointerId);let j=te=>F(d(t.placeOf(te))),R=()=>{x.removeEventListener("pointermove",j),x.removeEventListener("p\
ointerup",R),x.removeEventListener("pointercancel",R)};x.addEventListener("pointermove",j),x.addEventListener("pointerup",R),x.addEventListener("pointercancel",R),x.querySelector(`[data-key="${e}"]`)?.
focus()}),L}function Mt({root:t},e){let n=t.getRootNode()instanceof Document?document.activeElement:null,r=n&&t.contains(n)?n.getAttribute("data-key"):null;t.replaceChildren(...e),r&&t.querySelector(`\
[data-key="${r}"]`)?.focus()}var T=12,M=5,[it,ie]=[480,262];function E(t,e,n,r){let o=[(t+.5)/n,(t+1.5)/n],s=e/n;return St(o,[s,s],r,"union").steps[0]}var H=t=>E(M,t,T,1).iou;function V(t){let[e,n]=[0,1e3];for(let r=0;r<60;r++){let o=(e+
n)/2;E(M,o,T,t).merged?n=o:e=o}return n}function at(t,e,n,r){let[o,s]=[n+.5-r/2,n+.5+r/2],i=Math.max(0,r-1),c=t(n+1),a=(l,h,f,d)=>w("rect",{x:t(l),width:Math.max(0,t(h)-t(l)),y:f,height:11,class:d});return w(
"g",{},a(o,s,e,"gl-bar gl-first"),a(o+1,s+1,e+15,"gl-bar gl-second"),a(o,s+1,e+44,"gl-union"),a(o+1,s,e+44,"gl-shared"),O(c,e+40,`H = ${u(i,2)}, L = ${u(r+1,2)} cells`,{"text-anchor":"middle"}))}function ct(t,{
iou:e,merged:n},r,o=null){let s=$(0,1,50,it-20),i=(c,a,l,h)=>[w("line",{x1:s(c),x2:s(c),y1:t-3,y2:t+17,class:"gl-mark"}),O(s(c),t+l,a,{"text-anchor":h})];return w("g",{},O(44,t+11,"IoU",{"text-anchor":"\
end"}),w("rect",{x:s(0),width:s(1)-s(0),y:t,height:14,class:"gl-union"}),w("rect",{x:s(0),width:s(e)-s(0),y:t,height:14,class:"gl-shared"}),...i(r,`ε ${u(r,2)}${n?": they merge":""}`,31,"middle"),...o===
null?[]:i(o,`at most ${u(o,3)}`,31,"end"))}var lt=({iou:t,merged:e},n)=>e?`Their IoU is ${u(t,3)}, above ε = ${u(n,2)}: they merge.`:`Their IoU is ${u(t,3)}, not above ε = ${u(n,2)}: they stay apart\
.`,ut=(t,{iou:e})=>A("IoU","=",y("H","L"),"=",...t>1?[y(["w","-",1],["w","+",1]),"="]:[],y(u(Math.max(0,t-1),2),u(t+1,2)),"=",u(e,3)),kt={title:"Two neighbours and their boundaries",values:{sigma:1,epsilon:.7},
controls:[{name:"sigma",label:"σ of both",unit:"cells",min:.25,max:4.5,step:.01},{name:"epsilon",label:"ε, the threshold",min:.1,max:.9,step:.01}],size:[it,ie],draw(t,{sigma:e,epsilon:n},r,o){let s=$(
0,T,20,it-20),i=$(0,1,84,12),c=2*e,a=(l,h)=>G(Array.from({length:121},(f,d)=>{let m=d/120*T;return[s(m),i(Math.exp(-((m-l)**2)/(2*e*e)))]}),{class:h});return[a(M+.5,"gl-curve gl-first"),a(M+1.5,"gl-cu\
rve gl-second"),at(s,92,M,c),D(s,160,[...Array(T+1).keys()],{name:"cells"}),ct(212,E(M,c,T,n),n),W(t,{key:"sigma",name:"End of the first boundary, which sets σ of both",x:s(M+.5+e),y:97,value:e,min:.25,
max:4.5,step:.05,text:`${u(e,2)} cells`,to:l=>o({sigma:Math.round(l*100)/100}),valueAt:l=>s.of(l.x)-M-.5})]},says({sigma:t,epsilon:e}){let n=2*t;return`σ is ${u(t,2)} cells, so each boundary is ${u(n,
2)} cells wide, and the two stand one cell apart. ${lt(E(M,n,T,e),e)}`},equations({sigma:t,epsilon:e}){let n=2*t;return[A("w","=",N("r","d"),"·",2,"σ","=",1,"·",2,"·",u(t,2),"=",u(n,2)),ut(n,E(M,n,
T,e))]},questions:[{id:"third",predict:!0,ask:"Two neighbours, each 2 cells wide, stand one cell apart. How much of all that they cover is covered by both?",choices:()=>["one half","one third","two th\
irds"],answer:()=>[1/2,1/3,2/3].findIndex(t=>Math.abs(t-H(2))<1e-6),hint:()=>"Draw them: from 0 to 2, and from 1 to 3. Together they cover 3 cells.",because:()=>"They share 1 cell of 3. This share is \
their IoU: intersection over union, H / L in the picture."},{id:"merge",ask:"At which width do two equal neighbours merge, if the threshold ε is 0.7, as in the paper?",unit:"cells",answer:()=>V(.7),tolerance:.05,
hint:t=>t>0?`At a width of ${u(t,2)} cells their IoU is ${u(H(t),3)}. The width is twice σ.`:"A width is more than 0. Drag σ until the bar passes ε.",because:t=>`(w − 1) / (w + 1) = 0.7 gives w = 1\
.7 / 0.3 = ${u(t,2)} cells: σ must be nearly three cells. Both kernels then already cover what five cells see.`},{id:"shipped",ask:"The network that comes with gtan merges at ε = 0.4, and its widths \
end at 4 cells. From which width on do its equal neighbours merge?",unit:"cells",answer:(t,{epsilon:e})=>V(e),tolerance:.04,hint:t=>`At a width of ${u(t,2)} cells their IoU is ${u(H(t),3)}. Set ε to 0\
.4 and drag.`,because:(t,e,{epsilon:n,ceiling:r})=>`(1 + ε) / (1 − ε) = ${u(t,2)} cells. Its widest ones, ${u(2*r,0)} cells, reach an IoU of ${u(H(2*r),2)}: they would merge at ε = ${u(n,1)}, nev\
er at 0.7.`}]};function Q(t,e,n,r=null){let o=new Float64Array(n),s=2*e*e,i=-1/0;for(let a=0;a<n;a++){if(r&&!r[a])continue;let l=(a+.5)/n-t;o[a]=-(l*l)/s,o[a]>i&&(i=o[a])}let c=0;for(let a=0;a<n;a++)r&&!r[a]||(o[a]=
Math.exp(o[a]-i),c+=o[a]);if(c>0)for(let a=0;a<n;a++)o[a]/=c;return o}var k=9,[At,ae]=[640,250],ft=190,B=({center:t,sigma:e})=>Q(t/k,e/k,k);function ce(){let[t,e]=[.2,4];for(let n=0;n<50;n++){let r=(t+e)/2;B({center:k/2,sigma:r})[4]>.5?t=r:e=r}return t}var Lt={title:"On\
e kernel over nine cells",values:{center:4.5,sigma:1.5},controls:[{name:"sigma",label:"σ, its width",unit:"cells",min:.2,max:4,step:.01},{name:"center",label:"μ, its centre",unit:"cells",min:0,max:9,
step:.05}],size:[At,ae],draw(t,e,n,r){let{center:o,sigma:s}=e,i=$(0,k,40,At-20),c=$(0,1,ft,24),a=B(e),l=Math.max(...a),h=Array.from({length:241},(f,d)=>{let m=d/240*k;return[i(m),c(l*Math.exp(-((m-o)**
2-Et(o)**2)/(2*s*s)))]});return[...Array.from(a,(f,d)=>w("g",{},w("rect",{x:i(d+.12),width:i(.76)-i(0),y:c(f),height:ft-c(f),class:d===Math.floor(o)?"gl-bar gl-chosen":"gl-bar"}),O(i(d+.5),c(f)-6,u(f,
2),{"text-anchor":"middle",class:"gl-number"}))),G(h,{class:"gl-curve"}),D(i,ft,Array.from({length:k+1},(f,d)=>d),{name:"cells"}),W(t,{key:"center",name:"Centre",x:i(o),y:c(l*Math.exp(Et(o)**2/(2*s*s))),
value:o,min:0,max:k,step:.05,text:`${u(o,2)} cells`,to:f=>r({center:Math.round(f*20)/20}),valueAt:f=>i.of(f.x)})]},says(t){let e=B(t),n=e.indexOf(Math.max(...e));return`σ is ${u(t.sigma,2)} cells: ce\
ll ${n} holds ${u(100*e[n],0)} % of the weight; all nine together hold all of it.`},equations(t){let e=B(t),n=e.indexOf(Math.max(...e)),r=n+.5-t.center;return[A(N("W","i"),"=",y(1,"Z"),q("e",["-",y(q(
["(",N("p","i"),"-","μ",")"],2),[2,q("σ",2)])])),A(N("W",n),"=",y(1,u(le(t),3)),q("e",["-",y(q(["(",u(r,2),")"],2),[2,"·",q(u(t.sigma,2),2)])]),"=",u(e[n],3))]},questions:[{id:"wide",predict:!0,ask:"\
All cells together weigh 1. If the kernel becomes twice as wide, what does the cell in its middle weigh?",choices:()=>["twice as much","as much as before","about half as much"],answer:()=>2,hint:()=>"\
The sum stays 1, and more cells take part.",because:()=>"The weights are shared out among about twice as many cells. Only where σ is far below one cell nearly all stays in one."},{id:"half",ask:"With\
 the centre in the middle (4.5): below which σ does the middle cell hold half of the weight?",unit:"cells",answer:ce,tolerance:.02,hint:(t,e)=>`At σ = ${u(t,2)} it holds ${u(100*B({center:4.5,sigma:t>
0?t:.01})[4],0)} %: ${t>e?"less":"more"} than half. Drag σ and read the bar.`,because:t=>`At σ = ${u(t,3)} cells the middle one holds half, its two neighbours nearly all the rest.`},{id:"edge",ask:"\
Put the centre on the border of two cells, at 4.0, with σ = 0.5. What do the two cells weigh together?",unit:"(0 to 1)",answer:()=>{let t=B({center:4,sigma:.5});return t[3]+t[4]},tolerance:.02,hint:()=>"\
Set both, and add the numbers over the two bars beside the border.",because:t=>`${u(t,2)}: each has half of it. A kernel need not stand in the middle of a cell; mixed kernels seldom do.`}]},Et=t=>Math.
min(k-1,Math.max(0,Math.floor(t)))+.5-t;function le({center:t,sigma:e}){let n=0;for(let r=0;r<k;r++)n+=Math.exp(-((r+.5-t)**2)/(2*e*e));return n}var[It,ue]=[480,292],dt=100,z=.7,[Nt,Tt]=[.02,.99],jt={literal:{name:"As printed",short:"as printed"},map:{name:"In maps",short:"in maps"},cell:{name:"In cells",short:"in cells"},bounded:{name:"Bounde\
d (ours)",short:"bounded"}};function _({sigma:t,unit:e,cells:n},{floor:r,ceiling:o}){let s=r+(o-r)*t;return e==="map"?[t*n,2*t*n]:e==="cell"?[t,2*t]:e==="bounded"?[s,2*s]:[t*n,2*t]}function fe(t,{unit:e,
cells:n},{floor:r,ceiling:o}){return e==="cell"?t:e==="bounded"?(t-r)/(o-r):t/n}var ht=t=>t/2-1,Ut=(t,e)=>H(_({...t,sigma:1},e)[1]),qt={title:"One σ, two equations",values:{sigma:.3,unit:"literal",cells:16},
controls:[{name:"unit",label:"σ is read",choices:Object.entries(jt).map(([t,{name:e}])=>[t,e])},{name:"sigma",label:"σ, from the network",min:Nt,max:Tt,step:.005},{name:"cells",label:"T, cells of th\
e map",choices:[8,16,32].map(t=>[t,String(t)])}],size:[It,ue],draw(t,e,n,r){let{sigma:o,cells:s}=e,i=ht(s),[c,a]=_(e,n),l=$(-s/2,1.5*s,10,It-10),h=E(i,a,s,z);return[w("rect",{x:l(0),width:l(s)-l(0),y:8,
height:176,class:"gl-map"}),O(l(0)+4,20,"the map"),...he(l,i,c,s),at(l,112,i,a),D(l,184,[0,s/4,s/2,3*s/4,s],{name:"cells"}),ct(240,h,z,e.unit==="map"?null:Ut(e,n)),W(t,{key:"sigma",name:"One σ from th\
e first kernel's centre, as Eq. 1 pools",x:l(i+.5+c),y:$(0,1,dt,30)(Math.exp(-.5)),value:o,min:Nt,max:Tt,step:.01,text:u(o,2),to:f=>r({sigma:Math.round(f*200)/200}),valueAt:f=>fe(l.of(f.x)-i-.5,e,n)})]},
says(t,e){let{unit:n,sigma:r,cells:o}=t,[s,i]=_(t,e);return`σ = ${u(r,3)} ${jt[n].short}, T = ${o}: Eq. 1 pools ${u(s,2)} cells to either side (one σ), and Eq. 2 gives a boundary ${u(i,2)} cells wid\
e. `+lt(E(ht(o),i,o,z),z)},equations(t,e){let{sigma:n,unit:r,cells:o}=t,s=_(t,e)[1],i=E(ht(o),s,o,z);return[...r==="bounded"?[pe(n,e)]:[de(t)],ut(s,i)]},questions:[{id:"printed",predict:!0,ask:"On a m\
ap of 16 cells, a kernel with σ = 0.5 pools from half of the map on either side (Eq. 1). Eq. 2 gives it a boundary 2σ / T long, as a share of the map. How many cells is that?",choices:()=>["16 cells",
"8 cells","1 cell"],answer:(t,e)=>[16,8,1].indexOf(_({sigma:.5,unit:"literal",cells:16},e)[1]),hint:()=>"2 · 0.5 / 16 is a sixteenth of the map. The map has 16 cells.",because:()=>"A kernel that look\
s at the whole map stands for one cell. In Eq. 1 σ is a share of the map, in Eq. 2 of a cell: as printed they contradict each other."},{id:"most",ask:"How far can the IoU of two equal neighbours ever\
 get by Eq. 2 as printed, with σ between 0 and 1?",unit:"(0 to 1)",answer:(t,e)=>Ut({...t,unit:"literal"},e),tolerance:.01,hint:t=>t>0&&t<1?`An IoU of ${u(t,2)} needs a width of ${u(V(t),2)} cells. H\
ow wide is the widest boundary?`:"Set “As printed”, and move σ to its right end.",because:t=>`σ stays below 1, so a width stays below 2 cells and the IoU below ${u(t,3)}. At ε = 0.7 two equal ne\
ighbours can never merge: Algorithm 1 would have nothing to do.`},{id:"map",ask:"Read σ in maps instead, in both equations, with T = 16. From which σ on do equal neighbours merge at 0.7?",unit:"(0 t\
o 1)",answer:()=>V(z)/2/16,tolerance:.006,hint:(t,e,n,r)=>{let o=_({sigma:t,unit:"map",cells:16},r)[1];return`σ = ${u(t,3)} makes a width of 2 · ${u(t,3)} · 16 = ${u(o,2)} cells.`},because:t=>`${u(
t,3)}: 5.67 cells are 2σ · 16. On a longer map a smaller σ is enough.`},{id:"third-equation",ask:"Eq. 3 gives a merged kernel σ′ = L / 2, where L is the length of the union as a share of the map. B\
y which reading is its boundary L long again?",choices:()=>["as printed","in maps","in cells"],answer:(t,e)=>{let[n,r]=[.4,16];return["literal","map","cell"].findIndex(o=>Math.abs(_({sigma:n/2,unit:o,
cells:r},e)[1]-n*r)<1e-9)},hint:()=>"Put σ′ into Eq. 2. Only without the T does 2 · L / 2 stay L.",because:()=>"In maps 2σ′ is L. That is why gtan's `paper` presets read σ so (reading R1), though \
Eq. 2 says otherwise."}]};function he(t,e,n,r){let o=$(0,1,dt,30),s=Q((e+.5)/r,n/r,r),i=Math.max(...s),c=(a,l)=>G(Array.from({length:321},(h,f)=>{let d=t.from+f/320*(t.to-t.from);return[t(d),o(Math.exp(
-((d-a)**2)/(2*n*n)))]}),{class:l});return[...Array.from(s,(a,l)=>w("rect",{x:t(l+.12),width:t(.76)-t(0),y:o(a/i),height:dt-o(a/i),class:"gl-bar gl-first",opacity:.55})),c(e+.5,"gl-curve gl-first"),c(
e+1.5,"gl-curve gl-second")]}function de({sigma:t,unit:e,cells:n}){let r=[2,"·",u(t,3)],o=e==="map",s=o?2*t:2*t/n;return A(N("a","w"),"=",o?[2,"σ"]:y([2,"σ"],"T"),"=",...o?r:[y(r,n)],"=",u(s,4))}var pe=(t,{
floor:e,ceiling:n})=>A("w","=",2,"·","(",u(e,2),"+",u(n-e,2),"·",u(t,3),")","=",u(2*(e+(n-e)*t),2));var tt={kernel:Lt,boundary:kt,literal:qt};function _t(t,e){let{lesson:n,parts:r}=JSON.parse(t.textContent??""),o=r.map(({part:i,data:c},a)=>{let l=yt({host:"page",lesson:n,part:i,data:c,values:{},answers:{}}),h=document.getElementById(`gtan-p\
art-${a}`);return h&&e({model:l,el:h}),{part:i,model:l}}),s=document.getElementById("gtan-answers");s&&s.append(me(n,o))}function me(t,e){let n=p("input",{type:"text",autocomplete:"name","aria-label":"\
Your name"}),r=p("p",{role:"status"}),o=()=>e.flatMap(({part:i,model:c})=>tt[i].questions.map(({id:a,ask:l})=>{let{given:h=null,tries:f=0,right:d=!1,told:m=!1}=c.get("answers")[a]??{};return{lesson:t,
part:i,id:a,ask:l,given:h,tries:f,right:d,told:m}})),s=p("button",{text:"Save my answers",onclick(){let i=o(),c={format:"gtan-answers",version:1,lesson:t,name:n.value,answers:i};p("a",{href:URL.createObjectURL(
new Blob([JSON.stringify(c,null,1)])),download:`answers-${t}.json`}).click();let l=i.filter(h=>h.right).length;I(r,`Saved: ${l} of ${i.length} right. Give the file to your teacher.`)}});return p("sect\
ion",{class:"gtan-lesson gl-saving","aria-label":"Your answers"},p("label",{},"Your name ",n),s,r)}var ge=Symbol.for("preact-signals");function pt(){if(C>1)C--;else{var t,e=!1;for((function(){var o=nt;for(nt=void 0;o!==void 0;){var s=o.S;if(s.v===o.v)for(var i=s.t;i!==void 0;i=i.x)i.i===o.i&&(i.i=s.
i);o=o.o}})();Z!==void 0;){var n=Z;for(Z=void 0,et++;n!==void 0;){var r=n.u;if(n.u=void 0,n.f&=-3,!(8&n.f)&&Rt(n))try{n.c()}catch(o){e||(t=o,e=!0)}n=r}}if(et=0,C--,e)throw t}}var Y,g=void 0;function rt(t){var e=g,n=Y;g=void 0,Y=void 0;try{return t()}finally{g=e,Y=n}}var Z=void 0,C=0,et=0;var Ct=0,nt=void 0,ot=0;function Pt(t){if(g!==void 0){var e=t.n;if(e===void 0||e.t!==g)return e={i:0,S:t,p:g.s,n:void 0,t:g,e:void 0,x:void 0,r:e},g.s!==void 0&&(g.s.n=e),g.s=e,t.n=e,32&g.f&&t.S(e),e;
if(e.i===-1)return e.i=0,e.n!==void 0&&(e.n.p=e.p,e.p!==void 0&&(e.p.n=e.n),e.p=g.s,e.n=void 0,g.s.n=e,g.s=e),e}}function b(t,e){this.v=t,this.i=0,this.n=void 0,this.t=void 0,this.l=0,this.W=e?.watched,
this.Z=e?.unwatched,this.name=e?.name}b.prototype.brand=ge;b.prototype.h=function(){return!0};b.prototype.S=function(t){var e=this,n=this.t;n!==t&&t.e===void 0&&(t.x=n,this.t=t,n!==void 0?n.e=t:rt(function(){
var r;(r=e.W)==null||r.call(e)}))};b.prototype.U=function(t){var e=this;if(this.t!==void 0){var n=t.e,r=t.x;n!==void 0&&(n.x=r,t.e=void 0),r!==void 0&&(r.e=n,t.x=void 0),t===this.t&&(this.t=r,r===void 0&&
rt(function(){var o;(o=e.Z)==null||o.call(e)}))}};b.prototype.subscribe=function(t){var e=this;return ve(function(){var n=e.value;rt(function(){return t(n)})},{name:"sub"})};b.prototype.valueOf=function(){
return this.value};b.prototype.toString=function(){return this.value+""};b.prototype.toJSON=function(){return this.value};b.prototype.peek=function(){var t=this;return rt(function(){return t.value})};
Object.defineProperty(b.prototype,"value",{get:function(){var t=Pt(this);return t!==void 0&&(t.i=this.i),this.v},set:function(t){if(t!==this.v){if(et>100)throw new Error("Cycle detected");(function(n){
C!==0&&et===0&&n.l!==Ct&&(n.l=Ct,nt={S:n,v:n.v,i:n.i,o:nt})})(this),this.v=t,this.i++,ot++,C++;try{for(var e=this.t;e!==void 0;e=e.x)e.t.N()}finally{pt()}}}});function Ft(t,e){return new b(t,e)}function Rt(t){
for(var e=t.s;e!==void 0;e=e.n)if(e.S.i!==e.i||!e.S.h()||e.S.i!==e.i)return!0;return!1}function Gt(t){for(var e=t.s;e!==void 0;e=e.n){var n=e.S.n;if(n!==void 0&&(e.r=n),e.S.n=e,e.i=-1,e.n===void 0){t.
s=e;break}}}function Dt(t){for(var e=t.s,n=void 0;e!==void 0;){var r=e.p;e.i===-1?(e.S.U(e),r!==void 0&&(r.n=e.n),e.n!==void 0&&(e.n.p=r)):n=e,e.S.n=e.r,e.r!==void 0&&(e.r=void 0),e=r}t.s=n}function P(t,e){
b.call(this,void 0,e),this.x=t,this.s=void 0,this.g=ot-1,this.f=4}P.prototype=new b;P.prototype.h=function(){if(this.f&=-3,1&this.f)return!1;if((36&this.f)==32||(this.f&=-5,this.g===ot))return!0;if(this.
g=ot,this.f|=1,this.i>0&&!Rt(this))return this.f&=-2,!0;var t=g;try{Gt(this),g=this;var e=this.x();(16&this.f||this.v!==e||this.i===0)&&(this.v=e,this.f&=-17,this.i++)}catch(n){this.v=n,this.f|=16,this.
i++}return g=t,Dt(this),this.f&=-2,!0};P.prototype.S=function(t){if(this.t===void 0){this.f|=36;for(var e=this.s;e!==void 0;e=e.n)e.S.S(e)}b.prototype.S.call(this,t)};P.prototype.U=function(t){if(this.
t!==void 0&&(b.prototype.U.call(this,t),this.t===void 0)){this.f&=-33;for(var e=this.s;e!==void 0;e=e.n)e.S.U(e)}};P.prototype.N=function(){if(!(2&this.f)){this.f|=6;for(var t=this.t;t!==void 0;t=t.x)
t.t.N()}};Object.defineProperty(P.prototype,"value",{get:function(){if(1&this.f)throw new Error("Cycle detected");var t=Pt(this);if(this.h(),t!==void 0&&(t.i=this.i),16&this.f)throw this.v;return this.
v}});function mt(t,e){return new P(t,e)}function Wt(t){var e=t.j;if(t.j=void 0,typeof e=="function"){C++;var n=g;g=void 0;try{e()}catch(r){throw t.f&=-2,t.f|=8,gt(t),r}finally{g=n,pt()}}}function gt(t){
for(var e=t.s;e!==void 0;e=e.n)e.S.U(e);t.x=void 0,t.s=void 0,Wt(t)}function we(t){if(g!==this)throw new Error("Out-of-order effect");Dt(this),g=t,this.f&=-2;try{8&this.f&&gt(this)}finally{pt()}}function J(t,e){
this.x=t,this.j=void 0,this.s=void 0,this.u=void 0,this.f=32,this.name=e?.name,Y&&Y.push(this)}J.prototype.c=function(){var t=this.S();try{if(8&this.f||this.x===void 0)return;var e=this.x();typeof e==
"function"&&(this.j=e)}finally{t()}};J.prototype.S=function(){if(1&this.f)throw new Error("Cycle detected");this.f|=1,this.f&=-9,Wt(this),Gt(this),C++;var t=g;return g=this,we.bind(this,t)};J.prototype.
N=function(){2&this.f||(this.f|=2,this.u=Z,Z=this)};J.prototype.d=function(){this.f|=8,1&this.f||gt(this)};J.prototype.dispose=function(){this.d()};function ve(t,e){var n=new J(t,e);try{n.c()}catch(o){
throw n.d(),o}var r=n.d.bind(n);return r[Symbol.dispose]=r,r}var Ht=(t,e)=>t===e||JSON.stringify(t)===JSON.stringify(e);function Bt(t,e,n=[]){let r=new Set(n),o=new Map(Object.entries(t).map(([f,d])=>[f,Ft(d)])),s={},i=(f,d)=>Object.defineProperty(s,f,{get:()=>d.
value,enumerable:!0});for(let[f,d]of o)i(f,d);for(let[f,d]of Object.entries(e)){let m;i(f,mt(()=>{let v=d(s);return r.has(f)&&Ht(v,m)||(m=v),m}))}let c=[],a=0;function l(){a||=requestAnimationFrame(h)}
function h(){cancelAnimationFrame(a),a=0;for(let f of c)f()}return{state:s,set(f){for(let[d,m]of Object.entries(f)){let v=o.get(d);if(!v)throw new Error(`no input ${d}`);r.has(d)&&Ht(v.peek(),m)||(v.value=
m)}l()},draw(f){let d=mt(()=>{try{f()}catch(v){reportError(v)}}),m=()=>d.value;return c.push(m),l(),m},soon:l,flush:h,stop(){cancelAnimationFrame(a),c.length=0}}}var X={given:null,tries:0,right:!1,told:!1};function zt(t){let e=t.trim().replace(/[\s\u2009]/g,"").replace(",",".").replace("−","-");return e!==""&&Number.isFinite(Number(e))?Number(e):null}function be(t,e,n,r){
let o=t.answer(n,r);return t.choices?e===o:Math.abs(e-o)<=(t.tolerance??0)+1e-12}function Jt(t,e,n,r,o){return e.right||e.told?e:{given:n,tries:e.tries+1,right:be(t,n,r,o),told:!1}}function Kt(t,e,n,r){
let{given:o,tries:s,right:i,told:c}=e,a=t.answer(n,r);return i?`Right. ${t.because(a,n,r)}`:c?t.because(a,n,r):s&&o!==null?`Not yet. ${t.hint(o,a,n,r)}`:""}var ye=0;function Vt(t,e){let{state:n}=t,r=()=>n.answers[e.id]??X,o=h=>t.set({answers:{...n.answers,[e.id]:h}}),s=e.choices?$e(t,e):Se(e),i=p("button",{type:"submit",text:"Check"}),c=p("button",{type:"\
button",class:"gl-tell",text:"Tell me",onclick:()=>o({...r(),told:!0})}),a=p("p",{class:"gl-said",role:"status"}),l=p("form",{class:"gl-question","data-question":e.id,onsubmit(h){h.preventDefault();let f=s.
read();f===null?I(a,s.missing):o(Jt(e,r(),f,n.values,n.data))}},p("p",{class:"gl-ask",text:e.ask}),p("div",{class:"gl-answer"},s.root,i,c),a);return t.draw(()=>{let h=r(),f=h.right||h.told;h!==X&&I(a,
Kt(e,h,n.values,n.data)),i.hidden=f,c.hidden=f||h.tries<2,s.show(h,f,e.answer(n.values,n.data)),l.classList.toggle("gl-right",h.right),l.classList.toggle("gl-wrong",!f&&h.tries>0)}),l}function Se({ask:t,
unit:e,tolerance:n=0}){let r=p("input",{type:"text",inputMode:"decimal",autocomplete:"off","aria-label":t}),o=!1;return{root:p("label",{},r,e?` ${e}`:""),missing:"Give a number first.",read:()=>zt(r.value),
show(s,i,c){r.disabled=i;let a=n>=1?0:Math.min(6,Math.ceil(-Math.log10(n||.001))+1);s.told&&!s.right?r.value=String(Number(c.toFixed(a))):!o&&s.given!==null&&(r.value=String(s.given)),o=!0}}}function $e(t,{
ask:e,choices:n}){let r=`gl-choice-${ye++}`,o=p("fieldset",{class:"gl-choices"},p("legend",{text:e})),s=[];return t.draw(()=>{let i=n?.(t.state.values,t.state.data)??[];i.join()!==s.map(c=>c.value).join()&&
(s=i.map(c=>{let a=p("input",{value:c});return Object.assign(a,{type:"radio",name:r}),a}),o.replaceChildren(p("legend",{text:e}),...s.map(c=>p("label",{},c,` ${c.value}`))))}),{root:o,missing:"Choose \
one first.",read(){let i=s.findIndex(c=>c.checked);return i<0?null:i},show(i,c,a){for(let h of s)h.disabled=c;let l=i.told?a:i.given;l!==null&&c&&s[l]&&(s[l].checked=!0)}}}function Zt(t,{model:e,el:n}){let r=e.get("data")??{},o=Bt({values:{...t.values,...t.begin?.(r),...e.get("values")},data:r,answers:e.get("answers")??{}},{},["values","answers"]),{state:s}=o,i=d=>o.set(
{values:{...s.values,...d}}),[c,a]=[!0,!1].map(d=>t.questions.filter(({predict:m=!1})=>m===d).map(m=>Vt(o,m))),l=Oe(t,o,i,e),h=p("section",{class:"gtan-lesson","aria-label":t.title,"data-part":e.get("\
part")},...c.length?[Yt("Predict",...c)]:[],l,...a.length?[Yt("Check",...a)]:[]);o.draw(()=>{let d=t.questions.every(({id:m,predict:v})=>!v||(s.answers[m]??X).tries>0);l.classList.toggle("gl-waits",!d),
l.inert=!d});let f=Ee(o,e);return n.replaceChildren(h),o.flush(),Object.assign(h,{lesson:{store:o,set:i}}),()=>{f(),o.stop()}}var Yt=(t,...e)=>p("div",{class:"gl-step"},p("h4",{text:t}),...e);function Oe(t,e,n,r){
let{state:o}=e,s=Ot(...t.size),i=p("p",{class:"gl-says","aria-live":"polite"}),c=p("div",{class:"gl-equations"});return e.draw(()=>{Mt(s,t.draw(s,o.values,o.data,n));let a=t.says(o.values,o.data);s.root.
setAttribute("aria-label",`${t.title}. ${a}`),I(i,a),c.replaceChildren(...t.equations?.(o.values,o.data)??[])}),p("div",{class:"gl-step gl-play"},p("h4",{text:t.title}),p("p",{class:"gl-wait",text:"Pr\
edict first; then play."}),s.root,p("div",{class:"gl-controls"},...t.controls.map(a=>Me(a,e,n))),i,c,p("button",{class:"gl-keep",text:"Keep the picture",title:"Save it as SVG",onclick:()=>Le(s.root,`${st(
r.get("lesson"))}-${st(r.get("part"))}`)}))}function Me(t,e,n){return t.choices?Ae(t,e,n):ke(t,e,n)}function ke({name:t,label:e,unit:n="",min:r=0,max:o=1,step:s=.01,off:i},c,a){let l=p("input",{type:"\
range",min:r,max:o,step:s,"data-control":t,oninput:()=>a({[t]:Number(l.value)})}),h=p("output"),f=Math.max(0,Math.ceil(-Math.log10(s))),d=p("label",{class:"gl-slider"},p("span",{text:e}),l,h);return c.
draw(()=>{let{values:m,data:v}=c.state;l.value=String(m[t]),I(h,`${Number(m[t]).toFixed(f)} ${n}`.trim()),l.setAttribute("aria-valuetext",h.textContent??""),l.disabled=!!i?.(m,v)}),d}function Ae({name:t,
label:e,choices:n=[],off:r},o,s){let i=n.map(([c,a])=>({value:c,node:p("button",{type:"button",text:a,"data-control":`${t}=${c}`,onclick:()=>s({[t]:c})})}));return o.draw(()=>{let{values:c,data:a}=o.state;
for(let{value:l,node:h}of i)h.setAttribute("aria-pressed",String(c[t]===l)),h.disabled=!!r?.(c,a)}),p("div",{class:"gl-buttons",role:"group","aria-label":e},p("span",{text:e}),...i.map(({node:c})=>c))}
function Ee(t,e){let n=["values","answers"];t.draw(()=>{let o=!1;for(let s of n){let i=t.state[s];JSON.stringify(e.get(s))!==JSON.stringify(i)&&(e.set(s,i),o=!0)}o&&queueMicrotask(()=>e.save_changes())});
let r=n.map(o=>({event:`change:${o}`,listener:()=>t.set({[o]:e.get(o)})}));for(let{event:o,listener:s}of r)e.on(o,s);return()=>{for(let{event:o,listener:s}of r)e.off(o,s)}}function Le(t,e){let n=t.cloneNode(
!0),r=[t,...t.querySelectorAll("*")];[n,...n.querySelectorAll("*")].forEach((s,i)=>{let{fill:c,stroke:a,strokeWidth:l,font:h,opacity:f}=getComputedStyle(r[i]);s.setAttribute("style",`fill:${c};stroke:${a}\
;stroke-width:${l};font:${h};opacity:${f}`),s.removeAttribute("class"),s.removeAttribute("tabindex")}),n.setAttribute("xmlns","http://www.w3.org/2000/svg");let o=p("a",{href:URL.createObjectURL(new Blob(
[n.outerHTML],{type:"image/svg+xml"})),download:`${e}.svg`});o.click(),setTimeout(()=>URL.revokeObjectURL(o.href),1e3)}function Qt({model:t,el:e}){return Zt(tt[t.get("part")],{model:t,el:e})}xt();var Xt=document.getElementById("gtan-lesson");Xt&&_t(Xt,Qt);var Ln={render:Qt};export{Ln as default};
