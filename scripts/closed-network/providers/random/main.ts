import { serve } from "../plugin.ts";
import { randomProvider } from "./provider.ts";

declare const STAND_IN_VERSION: string;

serve(randomProvider(STAND_IN_VERSION));
