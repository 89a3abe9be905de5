// @ts-nocheck
import { expect, it } from "vitest";
import { world } from "./world.ts";
import f0 from "../src/providers/apple_health/fixtures/hae_v2_metrics_days_mobility.json";
import f1 from "../src/providers/apple_health/fixtures/hae_sleep_aggregated_before_6_6_2.json";
import f2 from "../src/providers/apple_health/fixtures/hae_v2_metrics_days_activity_unknown_metric.json";
import f3 from "../src/providers/apple_health/fixtures/hae_v1_metrics_minutes_kj_with_empty_metric.json";
import f4 from "../src/providers/apple_health/fixtures/hae_ecg_stateofmind_actual_types_composed.json";
import f5 from "../src/providers/apple_health/fixtures/hae_request_headers.json";
import f6 from "../src/providers/apple_health/fixtures/hae_v1_workout_walking_route.json";
import f7 from "../src/providers/apple_health/fixtures/hae_v2_metrics_special_shapes_composed.json";
import f8 from "../src/providers/apple_health/fixtures/hae_sleep_segments_unaggregated_two_sources.json";
import f9 from "../src/providers/apple_health/fixtures/hae_v2_workout_full_reference_composed.json";
import f10 from "../src/providers/apple_health/fixtures/hae_sleep_segment_null_date.json";
import f11 from "../src/providers/apple_health/fixtures/hae_metrics_12h_dates_composed.json";
import f12 from "../src/providers/apple_health/fixtures/hae_automation_config_export.json";
import f13 from "../src/providers/apple_health/fixtures/hae_sleep_aggregated_from_6_6_2_two_sources.json";
import f14 from "../src/providers/apple_health/fixtures/hae_v2_workouts_basic_no_id.json";
import f15 from "../src/providers/apple_health/fixtures/hae_v2_metrics_days_heart_no_avg.json";
const texts=[f0,f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15].map(x=>JSON.stringify(x));
let state=12345; const rnd=(n:number)=>{state=(Math.imul(state,1103515245)+12345)&0x7fffffff;return (state>>8)%n;};
const values=['null','true','"x"','-1','0','1e999','1e-400','""','[]','{}','[[[[]]]]','"2024-02-06"','"2024-02-06 00:00:00 +0000"','99999999999999999999','"\\ud800"','{"qty":null,"units":5}','"0001-01-01 00:00:00 +0000"','"9999-12-31 23:59:59 -1200"'];
function mutateJson(v:any):any{ // replace random node
  const nodes:any[]=[]; const walk=(o:any)=>{ if(o&&typeof o==="object") for(const k of Object.keys(o)){nodes.push([o,k]);walk(o[k]);}}; const root={r:v}; walk(root);
  for(let i=0;i<1+rnd(4);i++){const [o,k]=nodes[rnd(nodes.length)]; const op=rnd(4); if(op===0) {if(Array.isArray(o)) o.splice(Number(k),1); else delete o[k];} else if(op===1&&Array.isArray(o)) o.push(structuredClone(o[k])??null); else if(op===2){const n=["name","data","qty","start","date","source","__proto__","value"][rnd(8)]!; Object.defineProperty(o,n,{value:o[k],enumerable:true,configurable:true,writable:true});} else o[k]={__raw:values[rnd(values.length)]};}
  return root.r; }
const ser=(v:any):string=>v===undefined?"null":v&&typeof v==="object"&&typeof v.__raw==="string"?v.__raw:Array.isArray(v)?`[${v.map(ser).join(",")}]`:v&&typeof v==="object"?`{${Object.keys(v).map(k=>JSON.stringify(k)+":"+ser(v[k])).join(",")}}`:JSON.stringify(v);
const headers=[{}, {"automation-aggregation":"Days"},{"automation-aggregation":"Seconds"},{"automation-aggregation":"weeks"}];

it("never answers 5xx", async () => {
  const w = await world(); const {person} = await w.person();
  let key = await w.key(person); const seen={};
  for (let n=0;n<3000;n++) {
    if (n%400===399) key = await w.key(person);
    let t=texts[rnd(texts.length)];
    t=ser(mutateJson(JSON.parse(t)));
    if(rnd(6)===0) {const at=rnd(t.length); t=t.slice(0,at)+["",",","}","]","0"][rnd(5)]+t.slice(at+rnd(3));}
    const r = await w.request("/api/webhooks/ingest",{method:"POST",headers:{"x-api-key":key,...headers[rnd(4)]},body:t});
    const b = await r.json();
    seen[r.status]=(seen[r.status]??0)+1;
    if (r.status>=500) { console.log(r.status, JSON.stringify(b), t, JSON.stringify(w.logs.slice(-3))); }
    if (r.status===200 && b.received!==b.written+b.unchanged+b.rejected) throw new Error("counts "+t);
    if (r.status===200 && n%5===0) { const r2 = await w.request("/api/webhooks/ingest",{method:"POST",headers:{"x-api-key":key},body:t}); const r3 = await w.request("/api/webhooks/ingest",{method:"POST",headers:{"x-api-key":key},body:t}); const b3=await r3.json(); if (b3.written!==0) {console.log("written again", t, JSON.stringify(b3));} }
  }
  console.log(seen);
}, 300000);
