#!/usr/bin/env bash
# Healthy: the worker takes writes and lists the sink and the converter. It answers reads before it has joined its group;
# deleting what does not exist changes nothing, but only a leader that could delete answers so. Bash alone, since the
# image has no curl.
port=${1:-8083}
nobody=perps-connect-healthcheck

ask() {
  exec 3<> "/dev/tcp/127.0.0.1/$port" || exit 1
  printf '%s HTTP/1.0\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n' "$1" >&3
  answer=$(cat <&3)
  exec 3>&-
}

ask "DELETE /connectors/$nobody"
[[ $answer == HTTP/1.?' 404 '* && $answer == *"$nobody"* ]] || exit 1
ask 'GET /connector-plugins?connectorsOnly=false'
[[ $answer == *'"io.debezium.connector.jdbc.JdbcSinkConnector"'* ]] || exit 1
[[ $answer == *'"io.apicurio.registry.utils.converter.AvroConverter"'* ]]
