using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Islet.ControlPlane.Storage.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LimitsAndSecrets : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "IsOperator",
                table: "Users",
                type: "INTEGER",
                nullable: false,
                defaultValue: false);

            // the user of the first start runs the installation
            migrationBuilder.Sql("UPDATE \"Users\" SET \"IsOperator\" = 1 WHERE \"Id\" = (SELECT \"Id\" FROM \"Users\" ORDER BY \"CreatedAt\" LIMIT 1)");

            migrationBuilder.CreateIndex(
                name: "IX_Assets_OrganizationId_Size",
                table: "Assets",
                columns: new[] { "OrganizationId", "Size" });

            migrationBuilder.CreateTable(
                name: "OrganizationLimits",
                columns: table => new
                {
                    OrganizationId = table.Column<Guid>(type: "TEXT", nullable: false),
                    CpuMsPerRequest = table.Column<long>(type: "INTEGER", nullable: true),
                    CpuMsPerRequestHard = table.Column<long>(type: "INTEGER", nullable: true),
                    RequestTimeoutMs = table.Column<long>(type: "INTEGER", nullable: true),
                    EventLoopBlockedMs = table.Column<long>(type: "INTEGER", nullable: true),
                    MemoryBytes = table.Column<long>(type: "INTEGER", nullable: true),
                    ConcurrentRequests = table.Column<long>(type: "INTEGER", nullable: true),
                    RequestsPerSecond = table.Column<long>(type: "INTEGER", nullable: true),
                    EgressConnections = table.Column<long>(type: "INTEGER", nullable: true),
                    EgressBytesPerHour = table.Column<long>(type: "INTEGER", nullable: true),
                    LogLinesPerSecond = table.Column<long>(type: "INTEGER", nullable: true),
                    TmpBytes = table.Column<long>(type: "INTEGER", nullable: true),
                    LiveIsolates = table.Column<long>(type: "INTEGER", nullable: true),
                    AssetBytes = table.Column<long>(type: "INTEGER", nullable: true),
                    KvBytes = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_OrganizationLimits", x => x.OrganizationId);
                    table.ForeignKey(
                        name: "FK_OrganizationLimits_Organizations_OrganizationId",
                        column: x => x.OrganizationId,
                        principalTable: "Organizations",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "ProjectOverrides",
                columns: table => new
                {
                    ProjectId = table.Column<Guid>(type: "TEXT", nullable: false),
                    CpuMsPerRequest = table.Column<long>(type: "INTEGER", nullable: true),
                    CpuMsPerRequestHard = table.Column<long>(type: "INTEGER", nullable: true),
                    RequestTimeoutMs = table.Column<long>(type: "INTEGER", nullable: true),
                    EventLoopBlockedMs = table.Column<long>(type: "INTEGER", nullable: true),
                    MemoryBytes = table.Column<long>(type: "INTEGER", nullable: true),
                    ConcurrentRequests = table.Column<long>(type: "INTEGER", nullable: true),
                    RequestsPerSecond = table.Column<long>(type: "INTEGER", nullable: true),
                    EgressConnections = table.Column<long>(type: "INTEGER", nullable: true),
                    EgressBytesPerHour = table.Column<long>(type: "INTEGER", nullable: true),
                    LogLinesPerSecond = table.Column<long>(type: "INTEGER", nullable: true),
                    TmpBytes = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ProjectOverrides", x => x.ProjectId);
                    table.ForeignKey(
                        name: "FK_ProjectOverrides_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "Secrets",
                columns: table => new
                {
                    ProjectId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false),
                    Hosts = table.Column<string>(type: "TEXT", nullable: false),
                    Tls = table.Column<bool>(type: "INTEGER", nullable: false),
                    Sealed = table.Column<byte[]>(type: "BLOB", nullable: false),
                    UpdatedAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Secrets", x => new { x.ProjectId, x.Name });
                    table.ForeignKey(
                        name: "FK_Secrets_Projects_ProjectId",
                        column: x => x.ProjectId,
                        principalTable: "Projects",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Secrets");

            migrationBuilder.DropTable(
                name: "ProjectOverrides");

            migrationBuilder.DropTable(
                name: "OrganizationLimits");

            migrationBuilder.DropIndex(
                name: "IX_Assets_OrganizationId_Size",
                table: "Assets");

            migrationBuilder.DropColumn(
                name: "IsOperator",
                table: "Users");
        }
    }
}
