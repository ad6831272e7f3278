// `node run.mjs MODULES VECTORS`: judge all vectors, print what held and what failed.
import { readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { check } from "./vectors.mjs";

const [modules, folder] = process.argv.slice(2);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const vectors = Object.fromEntries(names.map((name) => [name.slice(0, -5), JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))]));
console.log(JSON.stringify(await check(vectors, (name) => import(pathToFileURL(`${modules}/${name}`).href))));
