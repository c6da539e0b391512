// What a destroy keeps: a plain one does not run the program, so the stack's file is asked.
import { expect } from "chai";
import { keptNow } from "../../components/removal.ts";

const AT_LAST_UPDATE = { stack: "local", retain: false, existingClaim: "" };

/** A project's folder with these files. */
const folder = (files: Record<string, string>) => (file: string) =>
    file in files
        ? Promise.resolve(files[file] ?? "")
        : Promise.reject(Object.assign(new Error("no such file"), { code: "ENOENT" }));

const kept = (settings: string, own = {}) =>
    keptNow(
        { ...AT_LAST_UPDATE, ...own },
        folder({ "Pulumi.yaml": "", "Pulumi.local.yaml": `config:\n${settings}` }),
    );

/** What it says where it cannot tell what to keep. */
async function refusal(read: (file: string) => Promise<string>): Promise<string> {
    try {
        await keptNow(AT_LAST_UPDATE, read);
    } catch (error) {
        return (error as Error).message;
    }
    return "";
}

describe("a destroy", () => {
    it("keeps the volume from the moment that databaseRetain is set", async () => {
        expect(await kept("  habit-tracker:databaseRetain: true\n")).to.include({ retain: true });
        expect(await kept('  habit-tracker:databaseRetain: "true"\n')).to.include({ retain: true });
        expect(await kept("  habit-tracker:databaseRetain: 'True'\n")).to.include({ retain: true });
        expect(await kept("  habit-tracker:databaseRetain: false\n")).to.include({ retain: false });
        expect(await kept("  habit-tracker:namespace: habits\n")).to.include({ retain: false });
    });

    it("keeps what the last update was told to keep", async () => {
        expect(await kept("  a: b\n", { retain: true })).to.include({ retain: true });
        const own = { existingClaim: "theirs" };
        expect(await kept("  a: b\n", own)).to.include({ existingClaim: "theirs" });
        expect(await kept("  habit-tracker:databaseExistingClaim: other\n", own)).to.include({
            existingClaim: "other",
        });
    });

    it("takes a stack without a file for one without settings, and no folder for a project", async () => {
        const project = folder({ "Pulumi.yaml": "" });
        expect(await keptNow(AT_LAST_UPDATE, project)).to.deep.equal({
            retain: false,
            existingClaim: "",
        });
        expect(await refusal(folder({}))).to.contain("there is no project in this folder");
    });

    it("takes no file that it cannot read for one without settings", async () => {
        const unreadable = (file: string) =>
            file === "Pulumi.yaml" ? Promise.resolve("") : Promise.reject(new Error("EACCES"));
        expect(await refusal(unreadable)).to.contain("EACCES");
    });
});
