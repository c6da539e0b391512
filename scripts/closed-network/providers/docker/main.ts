import { serve } from "../plugin.ts";
import { dockerProvider } from "./provider.ts";

declare const STAND_IN_VERSION: string;

serve(dockerProvider(STAND_IN_VERSION));
