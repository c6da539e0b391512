// Writes the generated parts of the documents: the settings from Pulumi.yaml, the diagram from what the program registers.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { installFakeMinikube, runProgram } from "../tests/unit/harness.ts";
import { DOCUMENTS, diagram, settingsTables, withPart } from "./docsFiles.ts";

// the program, and what stands for its cluster, look from here
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const minikube = await installFakeMinikube();
try {
    const { resources } = await runProgram();
    const parts = {
        diagram: diagram(resources),
        settings: settingsTables(await readFile("Pulumi.yaml", "utf8")),
    };
    for (const [name, part] of Object.entries(parts)) {
        const file = DOCUMENTS[name as keyof typeof parts];
        await writeFile(file, withPart(await readFile(file, "utf8"), name, part));
        console.log(`${file}: ${name}`);
    }
} finally {
    await minikube.uninstall();
}
