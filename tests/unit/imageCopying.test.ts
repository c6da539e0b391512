import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Copies, Watch } from "../../components/imageCopying.ts";
import { type ImageStore, type Run, contentName } from "../../components/imageStore.ts";

const IMAGE = "habit-tracker-backend:v1.0.0";
const id = (letter: string) => `sha256:${letter.repeat(64)}`;
const HOST = { place: "host", daemon: "unix:///docker.sock" } as const;
const NODES = {
    place: "nodes",
    profile: "minikube",
    clusterUid: "uid",
    nodes: ["minikube", "minikube-m02"],
    runtime: "docker",
} satisfies ImageStore;

/** A host and nodes with images by name, and what runs on them; `breaks` makes a node lose what is loaded. */
class FakeEngines {
    readonly images: Record<string, Map<string, string>> = {
        host: new Map(),
        minikube: new Map(),
        "minikube-m02": new Map(),
    };
    readonly commands: string[] = [];
    runtime: "docker" | "containerd" = "docker";
    breaks = "";
    private saved: [string, string][] = [];

    /** What a build leaves in a place. */
    build(place: string, letter: string): void {
        this.images[place]?.set(IMAGE, id(letter));
    }

    names(place: string): string[] {
        return [...(this.images[place]?.keys() ?? [])].sort();
    }

    readonly run: Run = (program, args) => {
        this.commands.push([program, ...args].join(" "));
        if (program === "docker") {
            return Promise.resolve(this.engine("host", "docker", args.slice(2)));
        }
        const node = args[4] ?? "";
        if (args[2] === "ssh") {
            const [tool = "", ...rest] = args.slice(7);
            return Promise.resolve(tool === "rm" ? "" : this.engine(node, tool, rest));
        }
        for (const name of NODES.nodes.filter((each) => each !== this.breaks)) {
            this.saved.forEach(([image, content]) => this.images[name]?.set(image, content));
        }
        return Promise.resolve("");
    };

    private engine(place: string, tool: string, args: readonly string[]): string {
        const images = this.images[place] ?? new Map<string, string>();
        expect(tool).to.equal(place === "host" || this.runtime === "docker" ? "docker" : "crictl");
        const [command, ...rest] = args;
        const last = rest.at(-1) ?? "";
        switch (command) {
            case "image":
                return `${images.get(last) ?? ""}\n`;
            case "images":
                return JSON.stringify({
                    images: [...images].map(([name, content]) => ({
                        id: content,
                        repoTags: [`docker.io/library/${name}`],
                    })),
                });
            case "tag":
                images.set(last, images.get(rest[0] ?? "") ?? "");
                return "";
            case "save":
                this.saved = rest.slice(2).map((name) => [name, images.get(name) ?? ""]);
                return "";
            case "rmi":
                images.delete(last);
                return "";
            default:
                throw new Error(`unexpected: ${args.join(" ")}`);
        }
    }
}

describe("images on nodes", () => {
    let engines: FakeEngines;
    beforeEach(() => {
        engines = new FakeEngines();
    });
    /** Builds on the host and copies to the nodes: at first, or over what there was. */
    async function copy(letter: string, olds?: object) {
        engines.build("host", letter);
        const host = { store: HOST, imageName: IMAGE, imageId: id(letter) };
        await Copies.create({ inputs: host }, engines.run);
        const news = { store: NODES, from: HOST, imageName: IMAGE, imageId: id(letter) };
        const { outs } =
            olds === undefined
                ? await Copies.create({ inputs: news }, engines.run)
                : await Copies.update({ olds: olds as typeof news, news }, engines.run);
        return outs as typeof news & { former: string[] };
    }

    for (const runtime of ["docker", "containerd"] as const) {
        it(`are copied onto each, and the file of the copy is removed there (${runtime})`, async () => {
            engines.runtime = runtime;
            const store = { ...NODES, runtime };
            engines.build("host", "a");
            await Copies.create(
                { inputs: { store: HOST, imageName: IMAGE, imageId: id("a") } },
                engines.run,
            );
            const { outs } = await Copies.create(
                { inputs: { store, from: HOST, imageName: IMAGE, imageId: id("a") } },
                engines.run,
            );
            expect(outs).to.deep.include({ imageId: id("a"), former: [] });
            for (const node of NODES.nodes) {
                expect(engines.names(node)).to.deep.equal([IMAGE, contentName(IMAGE, id("a"))]);
                expect(engines.commands).to.include(
                    `minikube -p minikube ssh -n ${node} -- sudo rm -f /var/lib/minikube/images/habit-tracker-backend-v1.0.0.tar`,
                );
            }
        });
    }

    it("are an error where one node did not get the new content, which Minikube takes for none", async () => {
        const olds = await copy("a");
        engines.breaks = "minikube-m02";
        const error = await copy("b", olds).catch((caught: unknown) => caught as Error);
        expect(error).to.be.instanceOf(Error);
        expect((error as Error).message)
            .to.contain(`${IMAGE} did not get to minikube-m02`)
            .and.to.contain("df -h /var");
    });

    it("keep the last two contents, and none once the stack is destroyed", async () => {
        let state = await copy("a");
        for (const letter of ["b", "c", "d"]) {
            state = await copy(letter, state);
        }
        const of = (letter: string) => contentName(IMAGE, id(letter));
        expect(state.former).to.deep.equal([of("c"), of("b")]);
        expect(engines.names("minikube")).to.deep.equal([IMAGE, of("b"), of("c"), of("d")]);
        // back to a content that is still there
        state = await copy("b", state);
        expect(state.former).to.deep.equal([of("d"), of("c")]);
        await Copies.delete({ props: state }, engines.run);
        expect(engines.names("minikube-m02")).to.deep.equal([]);
    });

    it("leave alone what was in another cluster", async () => {
        const state = await copy("a");
        engines.build("host", "b");
        await Copies.create(
            { inputs: { store: HOST, imageName: IMAGE, imageId: id("b") } },
            engines.run,
        );
        const news = {
            store: { ...NODES, clusterUid: "other" },
            from: HOST,
            imageName: IMAGE,
            imageId: id("b"),
        };
        const { outs } = await Copies.update({ olds: state, news }, engines.run);
        expect(outs).to.deep.include({ former: [] });
        expect(engines.names("minikube")).to.include(contentName(IMAGE, id("a")));
    });

    it("are seen missing, or changed, by a refresh, and brought back by the next update", async () => {
        const state = await copy("a");
        expect(await Copies.read({ id: IMAGE, props: state }, engines.run)).to.deep.include({
            id: IMAGE,
            props: state,
        });
        for (const spoil of [
            () => engines.images["minikube-m02"]?.delete(IMAGE),
            () => engines.images["minikube-m02"]?.set(IMAGE, id("f")),
        ]) {
            spoil();
            const seen = (await Copies.read({ id: IMAGE, props: state }, engines.run)) as {
                props: typeof state;
                inputs: typeof state;
            };
            expect(seen.inputs.imageId).to.equal("missing on minikube-m02");
            const mended = await copy("a", seen.props);
            expect(mended.former).to.deep.equal([]);
            expect(engines.images["minikube-m02"]?.get(IMAGE)).to.equal(id("a"));
        }
    });
});

describe("an image that was built", () => {
    it("is built again once a refresh does not find it", async () => {
        const engines = new FakeEngines();
        engines.build("host", "a");
        const inputs = { store: HOST, imageName: IMAGE };
        const { id: name, outs } = await Watch.create({ inputs }, engines.run);
        const state = outs as typeof inputs & { since: string };
        const read = async () =>
            (
                (await Watch.read({ id: name, props: state }, engines.run)) as {
                    props: typeof state;
                }
            ).props;
        expect(await read()).to.deep.equal(state);
        engines.images["host"]?.clear();
        await sleep(2);
        expect((await read()).since > state.since).to.equal(true);
        const { outs: updated } = await Watch.update({ olds: state, news: inputs }, engines.run);
        expect(updated).to.deep.equal(state);
    });
});
