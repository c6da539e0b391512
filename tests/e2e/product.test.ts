// The main job on a real Minikube: from source to a URL that opens in a browser, through changes, and away again.
// The tests depend on each other in this order; the first failure ends the run.
import { randomBytes } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { Installation, NAMESPACE, PROFILE } from "./installation.ts";
import { Traffic } from "./traffic.ts";

const BACKEND = "habit-tracker-backend";
const FRONTEND = "habit-tracker-frontend";
const account = {
    email: `e2e-${randomBytes(4).toString("hex")}@example.org`,
    password: "correct horse battery",
};

/** Pulumi's last lines: how many resources it created, changed and left alone. */
const summary = (output: string) =>
    Object.fromEntries(
        [...output.matchAll(/^\D*(\d+) (created|updated|replaced|deleted|unchanged)/gm)].map(
            ([, count, what]) => [what, Number(count)],
        ),
    ) as Record<string, number | undefined>;

describe("the product on a real Minikube", function () {
    this.bail(true);
    let installation: Installation;
    let browser: Browser;
    let url: string;

    before(async () => {
        installation = await Installation.make();
        browser = await launchBrowser();
    });
    after(async () => {
        await browser.close();
        await installation.remove();
    });

    /** The page, logged in. */
    async function logIn(): Promise<Page> {
        const page = await browser.newPage();
        await page.goto(url);
        await page.getByLabel("E-mail").fill(account.email);
        await page.getByLabel("Password").fill(account.password);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByRole("button", { name: "Log out" }).waitFor();
        return page;
    }

    /** Does something while a client goes on asking the page and, through it, the backend. */
    async function withoutFailedRequests<T>(change: () => Promise<T>): Promise<T> {
        const traffic = new Traffic([url, `${url}/api/v1/me`]);
        const result = await change();
        await traffic.stop();
        console.log(`      ${traffic.sent} requests meanwhile, ${traffic.failures.length} failed`);
        expect(traffic.failures).to.deep.equal([]);
        expect(traffic.sent).to.be.greaterThan(100);
        return result;
    }

    it("comes up with npm run up and answers at its URL", async () => {
        const output = await installation.npm("up", "--", "--yes", "--memory", "2g");
        url = (await installation.shell("pulumi stack output url")).trim();
        expect(new URL(url).hostname).to.equal("127.0.0.1");
        expect((await fetch(url)).status).to.equal(200);
        const plugins = output.includes("stand-ins") ? "the stand-ins" : "the real plugins";
        console.log(`      with ${plugins}, at ${url}`);
    });

    it("lets a person register, add a habit, check it off and read it back", async () => {
        const page = await browser.newPage();
        await page.goto(url);
        await page.getByLabel("E-mail").fill(account.email);
        await page.getByLabel("Password").fill(account.password);
        await page.getByRole("button", { name: "Create account" }).click();
        await page.getByLabel("New habit").fill("Read ten pages");
        await page.getByRole("button", { name: "Add" }).click();
        await page.getByRole("checkbox", { name: "Read ten pages" }).check();
        await page.close();

        const again = await logIn();
        expect(await again.getByRole("checkbox", { name: "Read ten pages" }).isChecked()).to.be
            .true;
        await again.close();
    });

    it("says plainly that the chatbot has no key", async () => {
        const page = await logIn();
        await page.getByLabel("Message").fill("How am I doing?");
        await page.getByRole("button", { name: "Send" }).click();
        await page
            .getByText(/not configured/)
            .first()
            .waitFor();
        await page.close();
    });

    it("changes nothing when it is run again", async () => {
        const before = [await installation.pods(BACKEND), await installation.pods(FRONTEND)];
        const output = await installation.shell("pulumi up --yes --skip-preview");
        expect(summary(output)).to.have.all.keys("unchanged");
        expect([await installation.pods(BACKEND), await installation.pods(FRONTEND)]).to.deep.equal(
            before,
        );
    });

    it("is what the seed says, statement by statement", async () => {
        const output = await installation.npm("conformance");
        expect(output).to.match(/[1-9]\d\d statements, .* 0 checks failed/);
    });

    it("rolls the backend, and only it, when the backend's source changes", async () => {
        const before = [await installation.pods(BACKEND), await installation.pods(FRONTEND)];
        await appendFile(
            join(installation.folder, "docker/backend/src/habit_tracker/main.py"),
            "\n# changed by the end-to-end test\n",
        );
        const output = await withoutFailedRequests(() =>
            installation.shell("pulumi up --yes --skip-preview"),
        );
        expect(summary(output)).to.include({ updated: 2 });
        expect(await installation.pods(BACKEND)).not.to.deep.equal(before[0]);
        expect(await installation.pods(FRONTEND)).to.deep.equal(before[1]);
    });

    const jwtSecret = randomBytes(32).toString("hex");

    it("rolls the backend, and only it, when jwtSecret is set", async () => {
        const before = [await installation.pods(BACKEND), await installation.pods(FRONTEND)];
        await installation.shell("pulumi config set --secret jwtSecret", { input: jwtSecret });
        await installation.shell("pulumi up --yes --skip-preview");
        expect(await installation.pods(BACKEND)).not.to.deep.equal(before[0]);
        expect(await installation.pods(FRONTEND)).to.deep.equal(before[1]);
    });

    it("rolls both tiers, without a failed request, when both read what changed", async () => {
        const before = [await installation.pods(BACKEND), await installation.pods(FRONTEND)];
        await installation.shell("pulumi config set --path 'extraConfig[0]' FLAG=on");
        await withoutFailedRequests(() => installation.shell("pulumi up --yes --skip-preview"));
        expect(await installation.pods(BACKEND)).not.to.deep.equal(before[0]);
        expect(await installation.pods(FRONTEND)).not.to.deep.equal(before[1]);
    });

    it("has the configured values in its Secret, and shows none of them in the state", async () => {
        const [secret] = await installation.get<{ data: Record<string, string> }>(
            "secrets --field-selector metadata.name=habit-tracker-secrets",
        );
        const data = Object.fromEntries(
            Object.entries(secret?.data ?? {}).map(([key, value]) => [
                key,
                Buffer.from(value, "base64").toString(),
            ]),
        );
        expect(data).to.include({
            JWT_SECRET: jwtSecret,
            JWT_ALGORITHM: "HS256",
            GEMINI_API_KEY: "",
        });
        const password = new URL(data["DATABASE_URL"] ?? "").password;
        expect(password).to.match(/^\w{64}$/);

        const state = await installation.shell("pulumi stack export");
        for (const value of [jwtSecret, password, data["DATABASE_URL"] ?? ""]) {
            expect(state).not.to.contain(value);
            expect(state).not.to.contain(Buffer.from(value).toString("base64"));
        }
    });

    it("kept the data through both rollouts", async () => {
        const page = await logIn();
        expect(await page.getByRole("checkbox", { name: "Read ten pages" }).isChecked()).to.be.true;
        await page.close();
    });

    it("refuses a bad setting before anything changes", async () => {
        const output = await installation.shell(
            "pulumi config set frontendNodePort 80 && pulumi preview; pulumi config rm frontendNodePort",
            { reject: false },
        );
        expect(output).to.contain("frontendNodePort is").and.to.contain("30000 to 32767");
    });

    it("leaves nothing behind after npm run down", async () => {
        await installation.npm("down");
        const kubectl = `minikube -p ${PROFILE} kubectl -- --context ${PROFILE}`;
        const left = await installation.shell(
            `${kubectl} get all,configmaps,secrets,pvc,networkpolicies,pdb,serviceaccounts,pv -A -l app.kubernetes.io/part-of=habit-tracker -o name; ${kubectl} get pv -o name; ${kubectl} get namespace ${NAMESPACE} --ignore-not-found -o name`,
        );
        expect(left.trim()).to.equal("");
    });
});
