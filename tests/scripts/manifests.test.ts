import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { Failure } from "../../scripts/failure.ts";
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

    const SECRETS = [
        step("urn:s", object("Secret", "s", { data: { A: "Y2FuYXJ5" }, type: "Opaque" })),
        // as Pulumi shows what it knows to be secret
        step("urn:t", object("Secret", "t", { stringData: "[secret]" })),
    ];

    it("leave Secrets out, and say so: without their values they would overwrite the live ones", () => {
        const steps = [...SECRETS, step("urn:a", object("ConfigMap", "a"))];
        expect(read(steps)).to.deep.equal([object("ConfigMap", "a")]);
        const { text, objects, leftOut } = manifests(steps);
        expect(objects).to.deep.equal(["ConfigMap/a"]);
        expect(leftOut).to.deep.equal(["Secret/s", "Secret/t"]);
        expect(text)
            .to.match(/^# {3}Secret\/s$/m)
            .and.to.match(/^# {3}Secret\/t$/m)
            .and.to.contain("pulumi up")
            .and.not.to.match(/canary|Y2FuYXJ5|\[secret\]/);
    });

    it("name the Secrets that their objects need and that the program does not make", () => {
        const pod = {
            imagePullSecrets: [{ name: "pull" }],
            containers: [
                { envFrom: [{ secretRef: { name: "own" } }, { secretRef: { name: "s" } }] },
            ],
            volumes: [{ name: "v", secret: { secretName: "file" } }],
        };
        const steps = [
            ...SECRETS,
            step("urn:d", object("Deployment", "d", { spec: { template: { spec: pod } } })),
            step("urn:i", object("Ingress", "i", { spec: { tls: [{ secretName: "tls" }] } })),
        ];
        const { needed, text } = manifests(steps);
        expect(needed).to.deep.equal(["Secret/file", "Secret/own", "Secret/pull", "Secret/tls"]);
        expect(text).to.match(/^# {3}Secret\/own$/m);
        expect(manifests([step("urn:a", object("ConfigMap", "a"))]).text).not.to.contain("Secret/");
    });

    it("have the Secrets' names alone for a program that checks objects", () => {
        const { objects, text } = manifests(SECRETS, { secrets: "by name" });
        expect(objects).to.deep.equal(["Secret/s", "Secret/t"]);
        expect(parseAllDocuments(text).map((document) => document.toJS() as object)).to.deep.equal([
            object("Secret", "s", { type: "Opaque" }),
            object("Secret", "t"),
        ]);
    });

    it("are not written where a secret is in another object", () => {
        const steps = [
            step("urn:a", object("ConfigMap", "a", { data: { A: "plain", TOKEN: "[secret]" } })),
        ];
        for (const options of [{}, { secrets: "by name" } as const]) {
            expect(() => manifests(steps, options)).to.throw(
                Failure,
                /ConfigMap\/a holds a secret, at data.TOKEN/,
            );
        }
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
