{{/*
A Secret that exists already, in the place of the release's own: what is taken from it, and what is refused, as the program
does (components/existingSecret.ts, components/ownership.ts). Without a cluster (`helm template`) nobody can look into it.
*/}}

{{/* What is in it; nothing where it cannot be looked at. */}}
{{- define "habit-tracker.existingEntries" -}}
{{- $entries := dict }}
{{- if .Values.existingSecret }}
{{- range $name, $value := (lookup "v1" "Secret" .Release.Namespace .Values.existingSecret).data }}
{{- $_ := set $entries $name (b64dec $value) }}
{{- end }}
{{- end }}
{{- toJson $entries }}
{{- end }}

{{/*
DATABASE_URL of a database of one's own; nothing with the one in the cluster. Of what cannot be looked at, that it is one on
PostgreSQL's port: the one in the cluster has its password from the cluster too.
*/}}
{{- define "habit-tracker.databaseUrl" -}}
{{- if .Values.existingSecret }}
{{- $entries := include "habit-tracker.existingEntries" . | fromJson }}
{{- $url := get $entries "DATABASE_URL" }}
{{- if not $entries }}postgresql://unknown/unknown{{ else if not (include "habit-tracker.namesOwnDatabase" (dict "root" . "url" $url)) }}{{ $url }}{{ end }}
{{- else }}
{{- .Values.databaseUrl }}
{{- end }}
{{- end }}

{{/* Whether the chatbot has a key, "true" or nothing. What cannot be looked at may have one, and a closed way out would be nobody's to open. */}}
{{- define "habit-tracker.hasChatbot" -}}
{{- $entries := include "habit-tracker.existingEntries" . | fromJson }}
{{- if or .Values.geminiApiKey (get $entries "GEMINI_API_KEY") (and .Values.existingSecret (not $entries)) }}true{{ end }}
{{- end }}

{{/* What a host has to match to be the Service of the release's database, by any of its names in the cluster's DNS. */}}
{{- define "habit-tracker.ownHost" -}}
(?i:habit-tracker-database(\.{{ .Release.Namespace }}(\.svc(\.[^/?#@:,]*)?)?)?\.?)
{{- end }}

{{/* Whether a URL names the release's database in the cluster, possibly among others: "true" or nothing. */}}
{{- define "habit-tracker.namesOwnDatabase" -}}
{{- $own := printf "^%s(:[0-9]+)?$" (include "habit-tracker.ownHost" .root) }}
{{- $hosts := (splitn "/" 4 .url)._2 | default "" | splitList "@" | last | splitList "," }}
{{- range regexFindAll "[?&]host=[^&]*" .url -1 }}
{{- $hosts = concat $hosts (regexSplit "(?i),|%2C" (regexReplaceAll "^.host=" . "") -1) }}
{{- end }}
{{- range $hosts }}{{ if regexMatch $own . }}true{{ end }}{{ end }}
{{- end }}

{{/* Whether a URL leads into that database and nowhere else, with this password: "true" or nothing. */}}
{{- define "habit-tracker.leadsIntoOwnDatabase" -}}
{{- $own := printf "^[a-z]+://habit_tracker:%s@%s(:5432)?/habit_tracker(\\?[^#]*)?$" (regexQuoteMeta .password) (include "habit-tracker.ownHost" .root) }}
{{- if and (regexMatch $own .url) (not (regexMatch "[?&](host|hostaddr|port|user|password|dbname)=" .url)) }}true{{ end }}
{{- end }}

{{/* Whether there is a cluster to look into: "true" or nothing. A namespace that is to be made has nothing in it yet. */}}
{{- define "habit-tracker.hasCluster" -}}
{{- if or (lookup "v1" "ServiceAccount" .Release.Namespace "default") (lookup "v1" "Namespace" "" "kube-system") }}true{{ end }}
{{- end }}

{{/* Makes a Secret with the entries of another. No command here shows a value, or has one in its arguments. */}}
{{- define "habit-tracker.copyCommand" -}}
kubectl get secret {{ .from }} -n {{ .root.Release.Namespace }} -o go-template='{{ `{{range $name, $value := .data}}{{$name}}={{$value | base64decode}}{{"\n"}}{{end}}` }}' | kubectl create secret generic {{ .to }} -n {{ .root.Release.Namespace }} --from-env-file=/dev/stdin
{{- end }}

{{/* Takes an entry of a Secret into a values file. */}}
{{- define "habit-tracker.toValueCommand" -}}
kubectl get secret {{ .from }} -n {{ .root.Release.Namespace }} -o go-template='{{ .key }}: {{ printf `{{.data.%s | base64decode | printf "%%q"}}{{"\n"}}` .entry }}' >> FILE, then -f FILE
{{- end }}

{{/* What is wrong with the existing Secret, or with a change to one or away from it. */}}
{{- define "habit-tracker.secretProblems" -}}
{{- $problems := list }}
{{- if include "habit-tracker.hasCluster" . }}
{{- $problems = include "habit-tracker.secretChangeProblems" . | fromJsonArray }}
{{- if .Values.existingSecret }}
{{- $problems = concat (include "habit-tracker.secretContentProblems" . | fromJsonArray) $problems }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{- define "habit-tracker.secretContentProblems" -}}
{{- $v := .Values }}
{{- $name := $v.existingSecret }}
{{- $namespace := .Release.Namespace }}
{{- $place := printf "the Secret %s/%s" $namespace $name }}
{{- $create := printf "kubectl create secret generic %s -n %s --from-env-file=.env" $name $namespace }}
{{- $replace := printf "%s --dry-run=client -o yaml | kubectl replace -f -" $create }}
{{- $problems := list }}
{{- $found := lookup "v1" "Secret" $namespace $name }}
{{- if not $found }}
{{- $space := lookup "v1" "ServiceAccount" $namespace "default" | empty | ternary (printf "kubectl create namespace %s; " $namespace) "" }}
{{- $present := include "habit-tracker.presentSecret" . | fromJson }}
{{- $copy := empty $present.data | ternary "" (printf "; or, with what the backend has now: %s" (include "habit-tracker.copyCommand" (dict "root" . "from" $present.name "to" $name))) }}
{{- $problems = append $problems (dict "what" (printf "existingSecret is %q, and there is no such Secret in the namespace %q" $name $namespace) "why" "The backend's pods would wait for it forever. It needs DATABASE_URL and JWT_SECRET, and may have JWT_SECRET_PREVIOUS, JWT_ALGORITHM, GEMINI_API_KEY." "next" (printf "%scp .env.example .env, fill it in, then %s%s" $space $create $copy)) }}
{{- else }}
{{- $entries := include "habit-tracker.existingEntries" . | fromJson }}
{{- $copy := printf "%s, then --set-string existingSecret=NAME" (include "habit-tracker.copyCommand" (dict "root" . "from" $name "to" "NAME")) }}

{{- /* whose it is */}}
{{- $whose := include "habit-tracker.ownerOf" $found }}
{{- $own := printf "the release %q" .Release.Name }}
{{- if and $whose (ne $whose $own) }}
{{- $problems = append $problems (dict "what" (printf "existingSecret is %q, and that Secret is of %s" $name $whose) "why" "It goes when that goes, or changes with it." "next" $copy) }}
{{- else if or $whose (eq (dig "metadata" "labels" "app.kubernetes.io/part-of" "" $found) "habit-tracker") }}
{{- $problems = append $problems (dict "what" (printf "existingSecret is %q, and that Secret is the release's own" $name) "why" "The release no longer makes one then, so the upgrade would delete it." "next" (printf "%s; or, to stay with it: --set-string existingSecret=" $copy)) }}
{{- end }}
{{- if ne $found.type "Opaque" }}
{{- $problems = append $problems (dict "what" (printf "existingSecret is %q, and %s is of the type %s" $name $place $found.type) "why" "That is one for another purpose. The backend's is of the type Opaque." "next" (printf "kubectl create secret generic NAME -n %s --from-env-file=.env, then --set-string existingSecret=NAME" $namespace)) }}
{{- end }}

{{- /* what is in it */}}
{{- $missing := list }}
{{- range list "DATABASE_URL" "JWT_SECRET" }}
{{- if not (get $entries . | trim) }}{{ $missing = append $missing . }}{{ end }}
{{- end }}
{{- if $missing }}
{{- $problems = append $problems (dict "what" (printf "%s has no %s" $place (join " and no " $missing)) "why" "The backend does not start without. .env.example has all entries that it reads." "next" $replace) }}
{{- end }}
{{- $rules := .Files.Get "files/rules.yaml" | fromYaml }}
{{- $least := get $entries "JWT_ALGORITHM" | default "HS256" | trimPrefix "HS" | atoi }}
{{- range $key, $rule := $rules }}
{{- $value := get $entries (get $rule "entry") }}
{{- if and (hasKey $rule "entry") $value (not (has $rule.entry $missing)) }}
{{- $short := and (hasPrefix "JWT_SECRET" $rule.entry) (lt (include "habit-tracker.length" $value | int) (max 32 (div $least 8) | int)) }}
{{- $outside := or (and $rule.pattern (not (regexMatch $rule.pattern $value))) (and $rule.oneOf (not (has $value $rule.oneOf))) }}
{{- /* a file's last line may have left one, and a values file would not have it */}}
{{- $ends := and (hasPrefix "JWT_SECRET" $rule.entry) (ne $value (trim $value)) }}
{{- $plain := lt (include "habit-tracker.distinct" $value | int) (int $rule.distinct) }}
{{- if or $short $plain $outside $ends (contains "CHANGE_ME" (upper $value)) }}
{{- $problems = append $problems (dict "what" (printf "%s in %s is (not shown)" $rule.entry $place) "why" (printf "Allowed: %s; no placeholder of .env.example. White space and quotes are part of a value, a line's end too; a signing key has no white space at its ends." $rule.allowed) "next" $replace) }}
{{- end }}
{{- end }}
{{- end }}
{{- $overridden := list }}
{{- range concat (list "GEMINI_MODEL" "GEMINI_BASE_URL" "CHAT_DAILY_TOKENS") (include "habit-tracker.entries" $v.extraConfig | fromJson | keys | sortAlpha) | uniq }}
{{- if hasKey $entries . }}{{ $overridden = append $overridden . }}{{ end }}
{{- end }}
{{- if $overridden }}
{{- $patch := list }}
{{- range $overridden }}{{ $patch = append $patch (dict "op" "remove" "path" (print "/data/" .)) }}{{ end }}
{{- $problems = append $problems (dict "what" (printf "%s has %s as well" $place (join " and " $overridden)) "why" "The values geminiModel, geminiBaseUrl, chatDailyTokens and extraConfig say that, and the network policies go by them; the Secret would win over them unseen." "next" (printf "kubectl patch secret %s -n %s --type=json -p '%s', and the value in the values file" $name $namespace (toJson $patch))) }}
{{- end }}

{{- /* whose database it leads to */}}
{{- $url := get $entries "DATABASE_URL" }}
{{- $unused := list }}
{{- range list "databaseExistingClaim" "backupSchedule" }}{{ if index $v . }}{{ $unused = append $unused . }}{{ end }}{{ end }}
{{- if has "DATABASE_URL" $missing }}
{{- else if not (include "habit-tracker.namesOwnDatabase" (dict "root" . "url" $url)) }}
{{- if $unused }}
{{- $next := list }}
{{- range $unused }}{{ $next = append $next (printf "--set-string %s=" .) }}{{ end }}
{{- $problems = append $problems (dict "what" (printf "DATABASE_URL in %s names a database of your own, and %s %s set" $place (join " and " $unused) (gt (len $unused) 1 | ternary "are" "is")) "why" "That is about the in-cluster database, which there is none of with your own." "next" (join " " $next)) }}
{{- end }}
{{- else }}
{{- $server := lookup "v1" "Secret" $namespace "habit-tracker-database" }}
{{- if or (not .Release.IsUpgrade) (ne (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $server) .Release.Name) }}
{{- $problems = append $problems (dict "what" (printf "DATABASE_URL in %s names the in-cluster database, whose password the release has yet to generate" $place) "why" "No URL can have it before." "next" (printf "--set-string existingSecret= once; %s; then helm upgrade --set-string existingSecret=NAME; or a DATABASE_URL of your own database in that Secret" (include "habit-tracker.copyCommand" (dict "root" . "from" $v.secretName "to" "NAME")))) }}
{{- else if not (include "habit-tracker.leadsIntoOwnDatabase" (dict "root" . "url" $url "password" (dig "data" "password" "" $server | b64dec))) }}
{{- $template := `{"stringData":{"DATABASE_URL":"postgresql://habit_tracker:{{.data.password | base64decode}}@habit-tracker-database:5432/habit_tracker"}}` }}
{{- $problems = append $problems (dict "what" (printf "DATABASE_URL in %s names the in-cluster database, and would not get into it" $place) "why" "Its role, its database, its port and its generated password are the release's; the backend would be without data." "next" (printf "kubectl get secret habit-tracker-database -n %s -o go-template='%s' | kubectl patch secret %s -n %s --patch-file=/dev/stdin" $namespace $template $name $namespace)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}

{{/* The Secret that the release's backend has now: its name, its data, and whether the release made it. Nothing without a backend. */}}
{{- define "habit-tracker.presentSecret" -}}
{{- $present := dict }}
{{- $backend := lookup "apps/v1" "Deployment" .Release.Namespace "habit-tracker-backend" }}
{{- if eq (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $backend) .Release.Name }}
{{- range dig "spec" "template" "spec" "containers" list $backend }}
{{- range .envFrom }}
{{- with dig "secretRef" "name" "" . }}
{{- $data := (lookup "v1" "Secret" $.Release.Namespace .).data }}
{{- $present = dict "name" . "data" $data "madeHere" (ne . (dig "metadata" "annotations" "habit-tracker/existing-secret" "" $backend)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $present }}
{{- end }}

{{/* A change from one Secret to another that would end all sessions, or leave a database of one's own, as if by the way. */}}
{{- define "habit-tracker.secretChangeProblems" -}}
{{- $v := .Values }}
{{- $namespace := .Release.Namespace }}
{{- $problems := list }}
{{- $present := include "habit-tracker.presentSecret" . | fromJson }}
{{- $name := $v.existingSecret }}
{{- $after := include "habit-tracker.existingEntries" . | fromJson }}
{{- if and $present.data (ne $present.name $name) (or $after (not (or $name $present.madeHere))) }}
{{- $from := printf "%s/%s" $namespace $present.name }}
{{- $before := dict }}
{{- range $entry, $value := $present.data }}{{ $_ := set $before $entry (b64dec $value) }}{{ end }}
{{- $algorithm := get $before "JWT_ALGORITHM" | default "HS256" }}
{{- if $name }}
{{- $key := get $before "JWT_SECRET" }}
{{- $goesOn := and (eq (get $after "JWT_ALGORITHM" | default "HS256") $algorithm) (has $key (list (get $after "JWT_SECRET") (get $after "JWT_SECRET_PREVIOUS"))) }}
{{- /* there and empty, it says that nothing is to go on */}}
{{- if not (or $goesOn (and (hasKey $after "JWT_SECRET_PREVIOUS") (not $after.JWT_SECRET_PREVIOUS))) }}
{{- $template := `{"data":{"JWT_SECRET_PREVIOUS":"{{.data.JWT_SECRET}}"}}` }}
{{- $problems = append $problems (dict "what" (printf "Everybody would have to log in again: the sessions are signed with JWT_SECRET in the Secret %s, and the Secret %s/%s has another key or algorithm" $from $namespace $name) "why" "A session stays valid where its key is JWT_SECRET or JWT_SECRET_PREVIOUS, and JWT_ALGORITHM the same." "next" (printf "kubectl get secret %s -n %s -o go-template='%s' | kubectl patch secret %s -n %s --patch-file=/dev/stdin, and JWT_ALGORITHM %s in it; or, to end them, an empty JWT_SECRET_PREVIOUS in it" $present.name $namespace $template $name $namespace $algorithm)) }}
{{- end }}
{{- else }}
{{- if not (or $v.databaseUrl (include "habit-tracker.namesOwnDatabase" (dict "root" . "url" (get $before "DATABASE_URL")))) }}
{{- $problems = append $problems (dict "what" (printf "The backend would leave the database that DATABASE_URL in the Secret %s names" $from) "why" "Without existingSecret and without databaseUrl it gets one in the cluster, which is empty." "next" (include "habit-tracker.toValueCommand" (dict "root" . "from" $present.name "key" "databaseUrl" "entry" "DATABASE_URL"))) }}
{{- end }}
{{- if not (or $v.jwtSecret $v.jwtSecretPrevious) }}
{{- $next := include "habit-tracker.toValueCommand" (dict "root" . "from" $present.name "key" "jwtSecret" "entry" "JWT_SECRET") }}
{{- if ne $algorithm $v.jwtAlgorithm }}{{ $next = printf "%s --set-string jwtAlgorithm=%s" $next $algorithm }}{{ end }}
{{- $problems = append $problems (dict "what" (printf "Everybody would have to log in again: the sessions are signed with JWT_SECRET in the Secret %s" $from) "why" "Without existingSecret and without jwtSecret they are signed with a generated one." "next" (printf "%s; or, to end them, another jwtSecret" $next)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $problems }}
{{- end }}
