import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { type Step, manifests } from "../../scripts/manifests.ts";

const step = (urn: string, inputs: object, more: object = {}): Step => ({
    urn,
    newState: { type: "kubernetes:core/v1:Any", inputs: { ...inputs }, ...more },
});
const object = (kind: string, name: string, more: object = {}) => ({
    apiVersion: "v1",
    kind,
    metadata: { name },
    ...more,
});

describe("rendered manifests", () => {
    const read = (steps: readonly Step[]) =>
        parseAllDocuments(manifests(steps).text)
            .map((document) => document.toJS() as ReturnType<typeof object> | null)
            .filter((document) => document !== null);

    it("are the planned objects, the namespace first, each once", () => {
        const steps = [
            step("urn:b", object("ConfigMap", "b", { data: { A: "old" } })),
            step("urn:n", object("Namespace", "n")),
            step("urn:a", object("ConfigMap", "a")),
            // a replacement
            step("urn:b", object("ConfigMap", "b", { data: { A: "new" } })),
        ];
        expect(manifests(steps).objects).to.deep.equal([
            "Namespace/n",
            "ConfigMap/a",
            "ConfigMap/b",
        ]);
        expect(read(steps)).to.deep.equal([
            object("Namespace", "n"),
            object("ConfigMap", "a"),
            object("ConfigMap", "b", { data: { A: "new" } }),
        ]);
    });

    it("leave out what is no object of the stack's", () => {
        const steps: Step[] = [
            step("urn:read", object("Namespace", "kube-system"), { external: true }),
            step("urn:image", { imageName: "a" }, { type: "docker:index/image:Image" }),
            { urn: "urn:deleted" },
            step("urn:a", object("ConfigMap", "a")),
        ];
        expect(read(steps)).to.deep.equal([object("ConfigMap", "a")]);
    });

    it("name a Secret's entries and show none of them", () => {
        const steps = [
            step("urn:s", object("Secret", "s", { data: { A: "Y2FuYXJ5" }, type: "Opaque" })),
            step("urn:t", object("Secret", "t", { stringData: { B: "canary" } })),
        ];
        expect(read(steps)).to.deep.equal([
            object("Secret", "s", { stringData: { A: "(masked)" }, type: "Opaque" }),
            object("Secret", "t", { stringData: { B: "(masked)" } }),
        ]);
        expect(manifests(steps).text).not.to.match(/canary|Y2FuYXJ5/);
    });

    it("quote what Kubernetes would not read as text", () => {
        const steps = [
            step("urn:a", object("ConfigMap", "a", { data: { FLAG: "on", COUNT: "1" } })),
        ];
        expect(manifests(steps).text).to.contain('FLAG: "on"').and.to.contain('COUNT: "1"');
    });

    it("say what only an update can tell", () => {
        const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
        const steps = [step("urn:a", object("ConfigMap", "a", { data: { ID: unknown } }))];
        expect(read(steps)).to.deep.equal([
            object("ConfigMap", "a", { data: { ID: "known-after-pulumi-up" } }),
        ]);
    });
});
