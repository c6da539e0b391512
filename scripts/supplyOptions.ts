import { WrongUsage } from "./steps.ts";
import { SUPPLIES, type SupplyName } from "./supply.ts";

/** The options that choose a {@link Supply}, one for each. */
export const SUPPLY_OPTIONS: Record<SupplyName, boolean> = {
    "open-network": false,
    "closed-network": false,
};

/** As the first line of a usage has them. */
export const SUPPLY_CHOICE = SUPPLIES.map((name) => `--${name}`).join(" | ");

/** What they do, as a usage tells it. */
export const SUPPLY_USAGE = `    --open-network    download what is missing from its official releases, from now on
    --closed-network  build it from package registries instead, from now on
                      (without either: what this clone remembers, else what the network shows)
`;

/** The supply that options ask for; undefined where they ask for none. */
export function askedSupply(options: typeof SUPPLY_OPTIONS, usage: string): SupplyName | undefined {
    const asked = SUPPLIES.filter((name) => options[name]);
    if (asked.length > 1) {
        throw new WrongUsage("A network is open or closed, not both", usage);
    }
    return asked[0];
}
