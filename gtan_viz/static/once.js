var r=globalThis;r.gtanBundles??=new Map;var l=r.gtanBundles;function a(e){let t=URL.createObjectURL(new Blob([e],{type:"text/javascript"})),n=import(t);return n.then(()=>URL.revokeObjectURL(t),()=>l.
delete(e)),l.set(e,n),n}var d={async render(e){let t=e.model.get("bundle");return(await(l.get(t)??a(t))).default.render(e)}};export{d as default};
