// Writes the Helm chart's generated files. The templates are written by hand; tests/chart/ proves them equal to the program.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CHART_FOLDER, chartFiles } from "./chartFiles.ts";

const project = dirname(import.meta.dirname);
const files = chartFiles(await readFile(join(project, "Pulumi.yaml"), "utf8"));
for (const [name, text] of Object.entries(files)) {
    const file = join(project, CHART_FOLDER, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${CHART_FOLDER}/${name}`);
}
