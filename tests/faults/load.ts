import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Call, Traffic, secondsToRecovery } from "../e2e/traffic.ts";

const ACCOUNTS = 3;
const HABITS_EACH = 2;
/** The first of the days that are written, one after the other: no write ever meets another one's day. */
const FIRST_DAY = Date.UTC(2000, 0, 1);
const DAY = 24 * 60 * 60 * 1000;
/** A bound, in seconds, whatever a case does. */
const LONGEST = 45 * 60;

/** So many good answers in a row, a second's worth, mean that it works again. */
const ENOUGH = 20;
/** How long, in seconds, what happened before a case may go on to be felt. */
const LONGEST_WAIT = 60;

/** How long, in milliseconds, it has to go on working: what fails now and then, such as names without DNS, fails again by then. */
const SETTLING = 5_000;

/** How long it may take until then, in seconds, before a case goes on without. */
const LONGEST_RECOVERY = 180;

interface Account {
    email: string;
    password: string;
    /** The session's cookies. */
    cookie: string;
    habits: string[];
}

interface CheckIn {
    date: string;
    count: number;
    note: string;
}

/** Speaks to the API as the page does. Throws on anything but a 2xx. */
async function call(
    url: string,
    path: string,
    { body, cookie = "" }: { body?: object; cookie?: string } = {},
): Promise<Response> {
    const answer = await fetch(`${url}/api/v1${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { Origin: url, Cookie: cookie, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
    });
    if (!answer.ok) {
        throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
    }
    return answer;
}

const cookieOf = (answer: Response) =>
    answer.headers
        .getSetCookie()
        .map((set) => set.split(";")[0])
        .join("; ");

async function register(url: string): Promise<Account> {
    const credentials = {
        email: `faults-${randomBytes(6).toString("hex")}@example.org`,
        password: randomBytes(12).toString("hex"),
    };
    const cookie = cookieOf(await call(url, "/auth/register", { body: credentials }));
    const habits: string[] = [];
    for (let n = 0; n < HABITS_EACH; n += 1) {
        const made = await call(url, "/habits", { body: { name: `Habit ${n}` }, cookie });
        habits.push(((await made.json()) as { id: string }).id);
    }
    return { ...credentials, cookie, habits };
}

/** Registers a person; what happened before may still be felt, so it tries for a while. */
async function registerPatiently(url: string): Promise<Account> {
    const end = Date.now() + LONGEST_WAIT * 1000;
    for (;;) {
        try {
            return await register(url);
        } catch (error) {
            if (Date.now() > end) {
                throw error;
            }
            await sleep(1000);
        }
    }
}

/**
 * A few people's traffic to the product: half of it writes, each of a day of its own and so as good twice as once, half
 * of it pages and lists. Remembers which writes the server acknowledged.
 */
export class Load {
    readonly url: string;
    readonly traffic: Traffic;
    private readonly accounts: readonly Account[];
    /** What each acknowledged write left behind, by habit and day. */
    private readonly acknowledgedWrites = new Map<string, CheckIn>();
    private written = 0;

    private constructor(url: string, accounts: readonly Account[]) {
        this.url = url;
        this.accounts = accounts;
        const write = () => this.nextWrite();
        this.traffic = new Traffic(
            accounts.flatMap(({ cookie }) => [
                write,
                () => ({ url: `${url}/api/v1/habits`, headers: { Cookie: cookie } }),
                write,
                url,
            ]),
            LONGEST,
        );
    }

    /** Makes the accounts and begins. */
    static async start(url: string): Promise<Load> {
        const accounts: Account[] = [];
        for (let n = 0; n < ACCOUNTS; n += 1) {
            accounts.push(await registerPatiently(url));
        }
        return new Load(url, accounts);
    }

    /** How many writes the server acknowledged. */
    get acknowledged(): number {
        return this.acknowledgedWrites.size;
    }

    /** Seconds that the slowest good answer took. */
    get slowest(): number {
        const times = this.traffic.outcomes
            .filter(({ failure }) => failure === undefined)
            .map(({ sentAt, answeredAt = sentAt }) => answeredAt - sentAt);
        return Math.max(0, ...times) / 1000;
    }

    private nextWrite(): Call {
        const targets = this.accounts.flatMap(({ cookie, habits }) =>
            habits.map((habit) => ({ cookie, habit })),
        );
        const n = this.written;
        this.written += 1;
        const { cookie, habit } = targets[n % targets.length] ?? { cookie: "", habit: "" };
        const day = new Date(FIRST_DAY + Math.floor(n / targets.length) * DAY);
        const date = day.toISOString().slice(0, 10);
        const body = { count: 1 + (n % 1000), note: `write ${n}` };
        return {
            url: `${this.url}/api/v1/habits/${habit}/checkins/${date}`,
            method: "PUT",
            headers: { Cookie: cookie, Origin: this.url },
            body,
            acknowledged: () => {
                this.acknowledgedWrites.set(`${habit} ${date}`, { date, ...body });
            },
        };
    }

    /** Waits until it works again and goes on working, for a bounded time; whether it does. */
    async recovers(): Promise<boolean> {
        const end = Date.now() + LONGEST_RECOVERY * 1000;
        let since = Infinity;
        while (Date.now() < end && Date.now() - since < SETTLING) {
            await sleep(250);
            since = this.recoveryAfter(0) === undefined ? Infinity : Math.min(since, Date.now());
        }
        return this.recoveryAfter(0) !== undefined;
    }

    /** Seconds from a moment on until it worked again; undefined where it does not yet. */
    recoveryAfter(since: number): number | undefined {
        return secondsToRecovery(this.traffic.outcomes, since, ENOUGH);
    }

    /**
     * Logs in anew and reads all back: the acknowledged writes that are not there as they were acknowledged.
     *
     * @param url where the product is by now
     */
    async lost(url = this.url): Promise<string[]> {
        const found = new Map<string, CheckIn>();
        for (const { habits, ...credentials } of this.accounts) {
            const cookie = cookieOf(
                await call(url, "/auth/login", {
                    body: { email: credentials.email, password: credentials.password },
                }),
            );
            for (const habit of habits) {
                const answer = await call(url, `/habits/${habit}/checkins`, { cookie });
                for (const { date, count, note } of (await answer.json()) as CheckIn[]) {
                    found.set(`${habit} ${date}`, { date, count, note });
                }
            }
        }
        return [...this.acknowledgedWrites].flatMap(([key, { count, note }]) => {
            const there = found.get(key);
            return there?.count === count && there.note === note ? [] : [key];
        });
    }
}
