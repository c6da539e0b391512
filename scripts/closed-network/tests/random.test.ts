import { expect } from "chai";
import type { Call } from "../providers/plugin.ts";
import { generatePassword, randomProvider } from "../providers/random.ts";
import { type Properties, secret, UNKNOWN } from "../providers/values.ts";

const provider = randomProvider("0");
const call = (type: string, preview = false) => ({ type, preview }) as Call;

describe("RandomPassword", () => {
    const TYPE = call("random:index/randomPassword:RandomPassword");
    const differs = (olds: Properties, news: Properties) => provider.diff(TYPE, olds, news);

    it("has the length and every kind of character, special ones unless told otherwise", () => {
        const all = generatePassword({ length: 2000 });
        expect(all).to.have.lengthOf(2000);
        for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[!@#$%&*()\-_=+[\]{}<>:?]/]) {
            expect(all).to.match(kind);
        }
        expect(generatePassword({ length: 2000, special: false })).to.match(/^[a-zA-Z0-9]{2000}$/);
        expect(generatePassword({ length: 20 })).not.to.equal(generatePassword({ length: 20 }));
    });

    it("refuses what it would have to ignore", () => {
        expect(() => provider.check(TYPE, { length: 1, minLower: 1, keepers: {} })).to.throw(
            "the input minLower, keepers is not supported by the closed-network stand-in",
        );
    });

    it("is replaced by any change, and by no default that is written out", () => {
        expect(differs({ length: 20 }, { length: 20, special: true }).changed).to.deep.equal([]);
        expect(differs({ length: 20 }, { length: 24 }).replaces).to.deep.equal(["length"]);
        expect(differs({ length: 20 }, { length: UNKNOWN }).replaces).to.deep.equal(["length"]);
        const special = { length: 20, special: false };
        expect(differs({ length: 20 }, special).replaces).to.deep.equal(["special"]);
    });

    it("keeps in its state what the real provider does", async () => {
        const { properties } = await provider.create({ ...TYPE, preview: true }, { length: 8 });
        expect(properties).to.deep.equal({
            length: 8,
            ...{ lower: true, upper: true, numeric: true, number: true, special: true },
            ...{ minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 },
            result: secret(UNKNOWN),
            bcryptHash: secret(UNKNOWN),
        });
    });
});

describe("RandomUuid", () => {
    const TYPE = "random:index/randomUuid:RandomUuid";
    const keepers = { profile: "minikube" };
    const create = (preview: boolean) => provider.create(call(TYPE, preview), { keepers });

    it("is its own ID, and keeps what it was made for", async () => {
        const { id, properties } = await create(false);
        expect(id).to.match(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        expect(properties).to.deep.equal({ keepers, result: id });
        expect((await create(true)).properties).to.deep.equal({ keepers, result: UNKNOWN });
    });

    it("is replaced when that changes, and by nothing else", () => {
        const differs = (news: Properties) => provider.diff(call(TYPE), { keepers }, news);
        expect(differs({ keepers }).replaces).to.deep.equal([]);
        expect(differs({ keepers: { profile: "other" } }).replaces).to.deep.equal(["keepers"]);
    });
});
