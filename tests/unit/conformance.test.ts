// The seed's statements on what the program asks for; `npm run conformance` proves them on the live cluster too.
import { expect } from "chai";
import { recordStack } from "../conformance/recorded.ts";
import type { RecordedStack } from "../conformance/stack.ts";
import { STATEMENTS } from "../conformance/statements.ts";
import { type FakeMinikube, installFakeMinikube } from "./harness.ts";

describe("the seed", () => {
    let minikube: FakeMinikube;
    let stack: RecordedStack;
    before(async () => {
        minikube = await installFakeMinikube();
        stack = await recordStack();
    });
    after(() => minikube.uninstall());

    it("is told apart statement by statement", () => {
        const names = STATEMENTS.map(({ section, says }) => `${section}: ${says}`);
        expect(new Set(names)).to.have.property("size", names.length);
    });

    for (const { section, says, recorded } of STATEMENTS) {
        it(`${section}: ${says}`, () => recorded(stack));
    }
});
